package example;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.SystemMessage;
import io.github.jmixtral.langchain4j.JmixtralChatModel;
import java.nio.file.Path;

/** Plans an outing with the model in the folder or file {@code arguments[0]}. */
public final class Outing {
  private Outing() {}

  /** What the model may ask. */
  static final class Weather {
    @Tool("The weather of a city today.")
    String weather(@P("The name of the city.") String city) {
      return city.startsWith("P") ? "21 degrees, dry" : "14 degrees, rain";
    }
  }

  /** What the model answers: nothing else can be generated. */
  record Plan(String place, boolean umbrella) {}

  /** What the application calls. */
  interface Planner {
    @SystemMessage("You plan outings. Ask for the weather first.")
    Plan plan(String wish);
  }

  static Plan plan(ChatModel model, String wish) {
    return AiServices.builder(Planner.class)
        .chatModel(model)
        .tools(new Weather())
        .build()
        .plan(wish);
  }

  public static void main(String[] arguments) {
    try (JmixtralChatModel model =
        JmixtralChatModel.builder()
            .modelPath(Path.of(arguments[0]))
            .temperature(0.0)
            .maxOutputTokens(200)
            .build()) {
      System.out.println(plan(model, "Where in Paris should I go this afternoon?"));
    }
  }
}
