package io.github.jmixtral.cli;

import io.github.jmixtral.generation.CancellationHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Answers lines side by side and writes the answers in the lines' order, each as soon as those
 * before it are written. Lines and answers in memory are bounded in number and bytes.
 */
final class BatchRun {
  /** Lines read ahead for each that is answered: what short ones may overtake a long one by. */
  private static final int AHEAD = 16;

  /** Of lines that wait for their answers; one line is always read. */
  private static final long MOST_WAITING_BYTES = 64 << 20;

  private final int workerCount;
  private final Function<BatchLine, BatchAnswer> answerer;
  private final CancellationHandle cancellation;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private final AnswerRoom room = new AnswerRoom();

  private record Pending(BatchLine line, Future<BatchAnswer> answer) {}

  /**
   * @param workerCount lines that are answered at once
   * @param answerer answers a line; called by several threads
   * @param cancellation ends their work when one of them fails
   */
  BatchRun(
      int workerCount, Function<BatchLine, BatchAnswer> answerer, CancellationHandle cancellation) {
    this.workerCount = workerCount;
    this.answerer = answerer;
    this.cancellation = cancellation;
  }

  /**
   * Answers all lines that are left.
   *
   * @param listener hears of every answer that was written
   * @throws CancellationException if the work was cancelled
   */
  void run(BatchInput input, BatchOutput output, Consumer<BatchAnswer> listener) {
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            workerCount, Thread.ofPlatform().daemon().name("jmixtral-batch-", 1).factory())) {
      boolean done = false;
      try {
        long waitingBytes = 0;
        while (true) {
          while (input.peek().isPresent() && hasRoom(waitingBytes, input.peek().get())) {
            BatchLine line = input.next().orElseThrow();
            waitingBytes += line.bytes().length;
            pending.add(new Pending(line, workers.submit(() -> answerInTurn(line))));
          }
          if (pending.isEmpty()) {
            break;
          }
          Pending first = pending.removeFirst();
          room.setFirst(first.line().number());
          BatchAnswer answer = await(first.answer());
          output.append(answer.line());
          waitingBytes -= first.line().bytes().length;
          room.leave(answer.line().length);
          listener.accept(answer);
        }
        done = true;
      } finally {
        if (!done) {
          cancellation.cancel();
          workers.shutdownNow();
        }
      }
    }
  }

  private boolean hasRoom(long waitingBytes, BatchLine next) {
    return pending.isEmpty()
        || pending.size() < workerCount * AHEAD
            && waitingBytes + next.bytes().length <= MOST_WAITING_BYTES;
  }

  private BatchAnswer answerInTurn(BatchLine line) throws InterruptedException {
    room.await(line.number());
    BatchAnswer answer = answerer.apply(line);
    room.enter(answer.line().length);
    return answer;
  }

  private static BatchAnswer await(Future<BatchAnswer> answer) {
    try {
      return answer.get();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while waiting for an answer");
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new CancellationException("interrupted while waiting for its turn");
      }
    }
  }
}
