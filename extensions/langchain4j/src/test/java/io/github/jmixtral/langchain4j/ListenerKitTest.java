package io.github.jmixtral.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelListenerIT;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import io.github.jmixtral.MixtralForCausalLM;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** The framework's tests of listeners. */
class ListenerKitTest {
  private static MixtralForCausalLM mixtral;

  @BeforeAll
  static void load() {
    mixtral = Mixtrals.withTools();
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  @Nested
  class Whole extends AbstractChatModelListenerIT {
    private JmixtralChatModel.Builder builder(ChatModelListener listener) {
      return JmixtralChatModel.builder()
          .model(mixtral)
          .modelName(modelName())
          .temperature(temperature())
          .maxOutputTokens(maxTokens())
          .listeners(List.of(listener));
    }

    @Override
    protected ChatModel createModel(ChatModelListener listener) {
      return builder(listener).topP(topP()).build();
    }

    @Override
    protected String modelName() {
      return "storyteller";
    }

    @Override
    protected ChatModel createFailingModel(ChatModelListener listener) {
      return builder(listener).topP(2.0).build();
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
      return InvalidRequestException.class;
    }
  }

  @Nested
  class Streaming extends AbstractStreamingChatModelListenerIT {
    private JmixtralStreamingChatModel.Builder builder(ChatModelListener listener) {
      return JmixtralStreamingChatModel.builder()
          .model(mixtral)
          .modelName(modelName())
          .temperature(temperature())
          .maxOutputTokens(maxTokens())
          .listeners(List.of(listener));
    }

    @Override
    protected StreamingChatModel createModel(ChatModelListener listener) {
      return builder(listener).topP(topP()).build();
    }

    @Override
    protected String modelName() {
      return "storyteller";
    }

    @Override
    protected StreamingChatModel createFailingModel(ChatModelListener listener) {
      return builder(listener).topP(2.0).build();
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
      return InvalidRequestException.class;
    }
  }
}
