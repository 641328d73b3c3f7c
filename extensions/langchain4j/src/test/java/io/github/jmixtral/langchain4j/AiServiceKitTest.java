package io.github.jmixtral.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.service.common.AbstractAiServiceIT;
import dev.langchain4j.service.common.AbstractAiServiceWithJsonSchemaIT;
import dev.langchain4j.service.common.AbstractAiServiceWithToolsIT;
import dev.langchain4j.service.common.AbstractStreamingAiServiceIT;
import io.github.jmixtral.MixtralForCausalLM;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** The framework's tests of services. */
class AiServiceKitTest {
  private static MixtralForCausalLM mixtral;

  @BeforeAll
  static void load() {
    mixtral = Mixtrals.withTools();
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  private static JmixtralChatModel model() {
    return JmixtralChatModel.builder().model(mixtral).build();
  }

  @Nested
  class Plain extends AbstractAiServiceIT {
    @Override
    protected List<ChatModel> models() {
      return List.of(TaughtModel.of(model(), Lessons.SERVICE));
    }
  }

  @Nested
  class Streaming extends AbstractStreamingAiServiceIT {
    @Override
    protected List<StreamingChatModel> models() {
      return List.of(
          TaughtModel.of(
              JmixtralStreamingChatModel.builder().model(mixtral).build(),
              model(),
              Lessons.SERVICE));
    }
  }

  @Nested
  class WithTools extends AbstractAiServiceWithToolsIT {
    @Override
    protected List<ChatModel> models() {
      return List.of(TaughtModel.of(model(), Lessons.TOOLS));
    }

    @Override
    protected boolean verifyModelInteractions() {
      return true;
    }

    @Override
    protected boolean supportsRecursion() {
      return true;
    }

    /** Not from the network: it is refused. */
    @Override
    protected Image catImage() {
      return Image.builder().base64Data("AAAA").mimeType("image/png").build();
    }
  }

  @Nested
  class WithJsonSchema extends AbstractAiServiceWithJsonSchemaIT {
    @Override
    protected List<ChatModel> models() {
      return List.of(TaughtModel.of(model(), Lessons.SCHEMAS));
    }

    @Override
    protected boolean supportsRecursion() {
      return true;
    }
  }
}
