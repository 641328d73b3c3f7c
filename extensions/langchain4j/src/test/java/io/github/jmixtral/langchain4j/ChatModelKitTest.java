package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import io.github.jmixtral.MixtralForCausalLM;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** The framework's tests of chat models. */
class ChatModelKitTest extends AbstractChatModelIT {
  private final MixtralForCausalLM mixtral = Mixtrals.withTools();

  @AfterAll
  void close() {
    mixtral.close();
  }

  @Override
  protected List<ChatModel> models() {
    return List.of(
        TaughtModel.of(JmixtralChatModel.builder().model(mixtral).build(), Lessons.CHAT));
  }

  @Override
  protected ChatModel createModelWith(ChatRequestParameters parameters) {
    return TaughtModel.of(
        JmixtralChatModel.builder().model(mixtral).defaultRequestParameters(parameters).build(),
        Lessons.CHAT);
  }

  @Override
  protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
    return JmixtralChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
  }

  /** There is one model behind a chat model. */
  @Override
  protected boolean supportsModelNameParameter() {
    return false;
  }

  /** Mixtral reads text. */
  @Override
  protected boolean supportsSingleImageInputAsBase64EncodedString() {
    return false;
  }

  @Override
  protected boolean supportsSingleImageInputAsPublicURL() {
    return false;
  }
}
