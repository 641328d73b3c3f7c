package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.internal.network.SequenceStep;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which steps a pass takes: every text that waits for its next id, and pieces of the prompts, first
 * come first served. Beside texts the pieces are short, as each of the texts waits for the whole
 * pass:
 *
 * <pre>
 * chunk 512, waiting: texts A B C, prompts P (2,000 ids left), Q (10 ids)
 * → A B C, 64 ids of P
 * waiting: prompts P, Q
 * → 512 ids of P
 * </pre>
 */
final class PassPlan {
  /** Ids of prompts in a pass with texts, at most. */
  static final int PROMPT_IDS_BESIDE_TEXTS = 64;

  private final int chunk;
  private final List<SequenceStep> steps = new ArrayList<>();

  /**
   * @param chunk ids of a pass at most
   */
  PassPlan(int chunk) {
    this.chunk = chunk;
  }

  /** What the pass computes. */
  List<SequenceStep> steps() {
    return steps;
  }

  /**
   * Plans a pass, and marks in the steps what it takes of each.
   *
   * @param seats callers that wait, at least one with a step to compute
   * @param beside whether there are texts that wait though they are not here
   */
  void fill(List<PassScheduler.Seat> seats, boolean beside) {
    steps.clear();
    int roomOfPrompts =
        beside || first(seats, false) != null
            ? Math.min(PROMPT_IDS_BESIDE_TEXTS, Math.max(1, chunk / 2))
            : chunk;
    int left = take(seats, true, roomOfPrompts);
    take(seats, false, chunk - roomOfPrompts + left);
  }

  /** Takes prompts or texts as long as there is room; returns the room that is left. */
  private int take(List<PassScheduler.Seat> seats, boolean prompts, int room) {
    int left = room;
    PendingStep next = first(seats, prompts);
    while (next != null && left > 0) {
      steps.add(next.take(left));
      left -= next.taken();
      next = first(seats, prompts);
    }
    return left;
  }

  /** The first of the prompts or texts that the pass has not taken. */
  private static @Nullable PendingStep first(List<PassScheduler.Seat> seats, boolean prompts) {
    PendingStep first = null;
    for (int i = 0; i < seats.size(); i++) {
      List<PendingStep> steps = seats.get(i).steps();
      for (int j = 0; j < steps.size(); j++) {
        PendingStep step = steps.get(j);
        boolean fits = step.isPrompt() == prompts && !step.isDone() && step.taken() == 0;
        if (fits && (first == null || step.ticket() < first.ticket())) {
          first = step;
        }
      }
    }
    return first;
  }
}
