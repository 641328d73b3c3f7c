package io.github.jmixtral.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverheadTest {
  private static final int TOKENS = 20_000;
  private static final int ROUNDS = 20;
  private static final double MOST_MICROSECONDS = 20;

  private static final class Counter implements StreamingChatResponseHandler {
    long characters;

    @Override
    public void onPartialResponse(String part) {
      characters += part.length();
    }

    @Override
    public void onPartialToolCall(PartialToolCall part) {
      characters += part.partialArguments().length();
    }

    @Override
    public void onCompleteResponse(ChatResponse whole) {}

    @Override
    public void onError(Throwable error) {}
  }

  /** In the best round, which the machine's other work disturbed least. */
  private static double microsecondsPerToken(GeneratedToken token) {
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
      Counter counter = new Counter();
      AnswerStream answer = new AnswerStream(counter, "mixtral");
      long begin = System.nanoTime();
      for (int i = 0; i < TOKENS; i++) {
        answer.send(token);
      }
      best = Math.min(best, (System.nanoTime() - begin) / 1e3 / TOKENS);
      assertThat(counter.characters).isEqualTo(4L * TOKENS);
    }
    return best;
  }

  @Test
  void aStreamedTokenCostsFewMicrosecondsMoreThanTheLibrarys() {
    double text = microsecondsPerToken(new GeneratedToken(5, "duck", 0, null, List.of()));
    double call =
        microsecondsPerToken(
            new GeneratedToken(5, "", 0, null, List.of(ToolCall.of("id", "weather", "duck"))));
    System.out.printf("a token of a text: %.3f us, of a call: %.3f us%n", text, call);
    assertThat(text).isLessThan(MOST_MICROSECONDS);
    assertThat(call).isLessThan(MOST_MICROSECONDS);
  }
}
