package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.TokenStream;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Texts to be generated: each of some prompts is continued {@code count} times. Text {@code i} of
 * prompt {@code p} has the number {@code p × count + i}, and draws with the seed plus this number.
 * Immutable; it may be run several times.
 */
public final class TextTask {
  private static final TextListener NO_LISTENER = (text, token) -> {};

  private final MixtralForCausalLM model;
  private final List<Part> parts;
  private final int count;

  /** A request of the library for one text or several, of which this is the first's number. */
  private record Part(GenerationRequest request, int first) {}

  private TextTask(MixtralForCausalLM model, List<Part> parts, int count) {
    this.model = model;
    this.parts = parts;
    this.count = count;
  }

  /**
   * A task.
   *
   * @param prompts at least one
   * @param param the field of the prompts, for errors
   * @param count texts for each prompt
   * @param config what the request sets
   * @param limit of new tokens
   * @param extras adds what is no setting
   * @throws ApiException if a prompt is not valid or too long
   */
  public static TextTask of(
      Host host,
      List<Prompt> prompts,
      String param,
      int count,
      GenerationConfig config,
      TokenLimit limit,
      UnaryOperator<GenerationRequest> extras) {
    MixtralForCausalLM model = host.generator();
    boolean samples = config.over(model.generationConfig()).doSample().orElse(false);
    List<Part> parts = new ArrayList<>();
    for (int p = 0; p < prompts.size(); p++) {
      Prompt prompt = prompts.get(p);
      GenerationConfig limited =
          limit.applied(config.withNumBeams(1), length(host, prompt, param), host, param);
      GenerationRequest request = extras.apply(model.request(prompt));
      int first = p * count;
      if (samples && count > 1) {
        // One computation of the prompt serves all of its texts.
        parts.add(
            new Part(
                request.withConfig(seeded(limited, first).withNumReturnSequences(count)), first));
      } else {
        for (int i = 0; i < count; i++) {
          parts.add(
              new Part(
                  request.withConfig(seeded(limited, first + i).withNumReturnSequences(1)),
                  first + i));
        }
      }
    }
    return new TextTask(model, List.copyOf(parts), count);
  }

  private static GenerationConfig seeded(GenerationConfig config, int number) {
    return config.seed().isPresent() ? config.withSeed(config.seed().getAsLong() + number) : config;
  }

  /**
   * How many ids a prompt becomes.
   *
   * @throws ApiException if it cannot be encoded
   */
  public static int length(Host host, Prompt prompt, String param) {
    try {
      // An empty prompt becomes BOS.
      return Math.max(1, prompt.encode(host::tokenizer).length);
    } catch (IllegalArgumentException | MissingFileException refusal) {
      throw LibraryRefusal.of(refusal, param);
    }
  }

  /** How many texts there are of each prompt. */
  public int count() {
    return count;
  }

  /**
   * Generates all texts.
   *
   * @param cancellation ends the work
   * @return the texts in order
   * @throws ApiException if the library refuses the request; with status 503 if too many wait
   *     already
   * @throws CancellationException if the work was cancelled
   */
  public List<Generation> run(CancellationHandle cancellation) {
    return run(
        cancellation, () -> List.of(runOne(cancellation)), () -> runAll(cancellation, NO_LISTENER));
  }

  /**
   * Generates all texts.
   *
   * @param cancellation ends the work
   * @param listener hears of every token, before this returns
   * @return the texts in order
   * @throws ApiException if the library refuses the request, before the first token; with status
   *     503 if too many wait already
   * @throws CancellationException if the work was cancelled
   */
  public List<Generation> run(CancellationHandle cancellation, TextListener listener) {
    return run(
        cancellation,
        () -> List.of(streamOne(cancellation, listener)),
        () -> runAll(cancellation, listener));
  }

  /**
   * @param one is for a single text, which is computed on a thread of the model
   * @param all computes several on the thread that calls it
   */
  private List<Generation> run(
      CancellationHandle cancellation,
      Supplier<List<Generation>> one,
      Supplier<List<Generation>> all) {
    List<Generation> texts;
    try {
      texts = parts.size() == 1 && count == 1 ? one.get() : Computation.run(cancellation, all);
    } catch (IllegalArgumentException refusal) {
      throw LibraryRefusal.of(refusal, null);
    } catch (RejectedExecutionException refusal) {
      throw LibraryRefusal.tooBusy(refusal);
    }
    if (texts.stream().anyMatch(text -> text.finishReason() == FinishReason.CANCELLED)) {
      throw new CancellationException("the generation was cancelled");
    }
    return texts;
  }

  private List<Generation> runAll(CancellationHandle cancellation, TextListener listener) {
    return model.generateAll(
        parts.stream()
            .map(
                part ->
                    part.request()
                        .withCancellation(cancellation)
                        .onToken(
                            token -> listener.onToken(part.first() + token.sequenceIndex(), token)))
            .toList());
  }

  private Generation runOne(CancellationHandle cancellation) {
    return Computation.await(
        parts.getFirst().request().withCancellation(cancellation).generateAsync());
  }

  private Generation streamOne(CancellationHandle cancellation, TextListener listener) {
    try (TokenStream tokens = parts.getFirst().request().withCancellation(cancellation).stream()) {
      while (tokens.hasNext()) {
        listener.onToken(0, tokens.next());
      }
      return tokens.generation();
    }
  }
}
