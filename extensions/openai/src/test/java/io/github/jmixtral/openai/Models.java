package io.github.jmixtral.openai;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.ToolCallingModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The models in the box, served: {@code story}, and {@code tools}, which may call tools. */
final class Models {
  static final Stamp STAMP = new Stamp("stamp", Instant.ofEpochSecond(1_700_000_000));

  static final MixtralForCausalLM STORY_MODEL =
      MixtralForCausalLM.fromPretrained(Fixtures.storyteller());

  static final OpenAiApi STORY = new OpenAiApi(ServedModel.of("story", STORY_MODEL));

  static final MixtralForCausalLM TOOL_MODEL = toolModel();

  static final OpenAiApi TOOLS = new OpenAiApi(ServedModel.of("tools", TOOL_MODEL));

  private Models() {}

  private static MixtralForCausalLM toolModel() {
    try {
      Path folder = Files.createTempDirectory("tools");
      for (String file :
          List.of(
              "config.json", "generation_config.json", "model.safetensors", "tokenizer.model")) {
        folder.resolve(file).toFile().deleteOnExit();
      }
      folder.toFile().deleteOnExit();
      return MixtralForCausalLM.fromPretrained(ToolCallingModel.write(folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** JSON, which may be written with single quotes. */
  static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text.replace('\'', '"'));
  }

  static ApiRequest read(OpenAiApi api, Endpoint endpoint, String body) {
    return api.read(endpoint, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  /** The answer as a client reads it. */
  static JsonNode answer(OpenAiApi api, Endpoint endpoint, String body) {
    return JsonMapper.shared()
        .readTree(
            read(api, endpoint, body).answer(STAMP, new CancellationHandle()).body().toString());
  }

  /** What a request streams. */
  static List<StreamEvent> events(OpenAiApi api, Endpoint endpoint, String body) {
    List<StreamEvent> events = new ArrayList<>();
    List<Generation> _ =
        read(api, endpoint, body).stream(STAMP, events::add, new CancellationHandle());
    return events;
  }

  /** The error of a request that is refused, when it is read or when it is answered. */
  static ApiError refusal(OpenAiApi api, Endpoint endpoint, String body) {
    try {
      JsonNode answer = answer(api, endpoint, body);
      throw new AssertionError("answered: " + answer);
    } catch (ApiException refusal) {
      return refusal.error();
    }
  }
}
