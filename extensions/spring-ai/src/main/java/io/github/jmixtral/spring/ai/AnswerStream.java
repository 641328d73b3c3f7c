package io.github.jmixtral.spring.ai;

import io.github.jmixtral.TokenStream;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.springframework.ai.chat.model.ChatResponse;
import reactor.core.publisher.SynchronousSink;

/** The parts of one answer, as they are asked for. */
final class AnswerStream {
  private final TokenStream tokens;
  private final Answers answers;
  private final CancellationHandle cancellation;
  private final Consumer<ChatResponse> onWhole;

  /**
   * @param cancellation of the subscriber
   * @param onWhole receives the whole answer before the last part is sent
   */
  AnswerStream(
      TokenStream tokens,
      Answers answers,
      CancellationHandle cancellation,
      Consumer<ChatResponse> onWhole) {
    this.tokens = tokens;
    this.answers = answers;
    this.cancellation = cancellation;
    this.onWhole = onWhole;
  }

  /** Waits for the next part and sends it: tokens without a text of their own are passed over. */
  void send(SynchronousSink<ChatResponse> sink) {
    while (tokens.hasNext()) {
      String text = tokens.next().text();
      if (!text.isEmpty()) {
        sink.next(answers.part(text));
        return;
      }
    }
    if (cancellation.isCancelled()) {
      sink.complete();
      return;
    }
    Generation generation = tokens.generation();
    if (generation.finishReason() == FinishReason.CANCELLED) {
      sink.error(new CancellationException("the generation was cancelled"));
      return;
    }
    onWhole.accept(answers.whole(generation));
    sink.next(answers.end(generation));
    sink.complete();
  }

  /** Ends the generation. */
  void close() {
    tokens.close();
  }
}
