package io.github.jmixtral.langchain4j;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.atLeastOnce;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jmixtral.MixtralForCausalLM;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.mockito.InOrder;

/** The framework's tests of streaming chat models. */
class StreamingChatModelKitTest extends AbstractStreamingChatModelIT {
  private final MixtralForCausalLM mixtral = Mixtrals.withTools();

  @AfterAll
  void close() {
    mixtral.close();
  }

  private StreamingChatModel taught(JmixtralStreamingChatModel.Builder builder) {
    return TaughtModel.of(
        builder.model(mixtral).build(),
        JmixtralChatModel.builder().model(mixtral).build(),
        Lessons.CHAT);
  }

  @Override
  protected List<StreamingChatModel> models() {
    return List.of(taught(JmixtralStreamingChatModel.builder()));
  }

  @Override
  protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
    return taught(JmixtralStreamingChatModel.builder().defaultRequestParameters(parameters));
  }

  @Override
  public StreamingChatModel createModelWith(ChatModelListener listener) {
    return taught(JmixtralStreamingChatModel.builder().listeners(List.of(listener)));
  }

  @Override
  protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
    return JmixtralChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
  }

  @Override
  protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder io, String id) {
    io.verify(handler, atLeastOnce())
        .onPartialToolCall(argThat(part -> part.index() == 0 && part.id().equals(id)), any());
    io.verify(handler).onCompleteToolCall(argThat(call -> call.index() == 0));
  }

  @Override
  protected void verifyToolCallbacks(
      StreamingChatResponseHandler handler, InOrder io, String id1, String id2) {
    io.verify(handler, atLeastOnce())
        .onPartialToolCall(argThat(part -> part.index() == 0 && part.id().equals(id1)), any());
    io.verify(handler, atLeastOnce())
        .onPartialToolCall(argThat(part -> part.index() == 1 && part.id().equals(id2)), any());
    io.verify(handler).onCompleteToolCall(argThat(call -> call.index() == 0));
    io.verify(handler).onCompleteToolCall(argThat(call -> call.index() == 1));
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
