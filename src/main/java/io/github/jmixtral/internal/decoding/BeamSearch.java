package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.EarlyStopping;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.internal.sampling.Sampler;
import io.github.jmixtral.internal.sampling.Softmax;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Beam search as the reference's {@code _beam_search}: the likeliest {@code numBeams} texts go on
 * side by side, each step looks at every continuation of each. Continuations that end their text
 * are put aside when they are among the best {@code numBeams}; the best of the others go on.
 *
 * <pre>
 * 2 beams, sums of log probabilities
 * live:     the duck −1.0 | a duck −1.3
 * best 4:   the duck swam −1.4 | a duck &lt;/s&gt; −1.5 | the duck ate −2.0 | a duck ate −2.2
 * → aside:  a duck &lt;/s&gt;          (rank 2 of 4, within the first 2)
 * → live:   the duck swam −1.4 | the duck ate −2.0
 * </pre>
 *
 * <p>With sampling the continuations are drawn without replacement, in proportion to the
 * probabilities of the whole texts: the largest of {@code log p + Gumbel noise} (Kool et al. 2019).
 *
 * <p>The search begins with the prompt as its only beam, where the reference has {@code numBeams}
 * equal ones and makes all but the first impossible.
 */
final class BeamSearch implements Search {
  /** Best first; equal ones stay in the order they were found. */
  private static final Comparator<Hypothesis> BEST_FIRST =
      Comparator.comparingDouble(Hypothesis::score).reversed();

  private final PromptRun prompt;
  private final BeamSettings settings;
  private final int maxNewLength;
  private final LogitsProcessor[] processors;
  private final StoppingRules stoppingRules;
  private final BeamCandidates candidates;
  private final double guidanceScale;
  private final List<StepRecorder> recorders = new ArrayList<>();
  private final List<Hypothesis> finished = new ArrayList<>();
  private List<Beam> live;
  private int steps;
  private boolean done;
  private long endNanos;

  /**
   * A text that goes on.
   *
   * @param score sum of the processed log probabilities of its new ids
   */
  private record Beam(Branch branch, double score, StepRecorder.@Nullable Step record) {}

  /**
   * A text that has ended.
   *
   * @param score with the length penalty
   * @param expertCounts of its cache [layers, experts]
   */
  private record Hypothesis(
      IdSequence sequence,
      double score,
      FinishReason reason,
      StepRecorder.@Nullable Step record,
      long[][] expertCounts) {}

  /**
   * @param branch computed up to the prompt's end; the search closes it
   */
  BeamSearch(PromptRun prompt, Branch branch) {
    this.prompt = prompt;
    settings = BeamSettings.of(prompt.config());
    maxNewLength = prompt.maxLength() - branch.sequence().promptLength();
    processors = prompt.processors(0);
    stoppingRules = prompt.stoppingRules(0);
    guidanceScale = prompt.config().setting("guidance_scale", Double.class).orElse(1.0);
    // Every beam's best continuations may be its ends: one more of each leaves enough to go on.
    int ends = prompt.config().eosTokenIds().map(ids -> ids.length).orElse(0);
    candidates =
        new BeamCandidates(
            Math.max(2, 1 + ends) * settings.numBeams(),
            prompt.config().doSample().orElse(false) ? prompt.newRandom() : null);
    for (int beam = 0; beam < settings.numBeams(); beam++) {
      recorders.add(new StepRecorder(OutputSettings.of(prompt.config()), branch.logits().length));
    }
    live = List.of(new Beam(branch, 0, null));
  }

  @Override
  public List<Branch> branches() {
    return live.stream().map(Beam::branch).toList();
  }

  @Override
  public void advance() {
    candidates.clear();
    for (int beam = 0; beam < live.size(); beam++) {
      process(live.get(beam), recorders.get(beam));
      candidates.add(beam, live.get(beam).score(), live.get(beam).branch().logits());
    }
    List<BeamCandidates.Candidate> best = candidates.best();
    if (best.isEmpty()) {
      throw Sampler.nothingToChoose();
    }
    List<BeamCandidates.Candidate> open = new ArrayList<>();
    for (int rank = 0; rank < best.size(); rank++) {
      BeamCandidates.Candidate candidate = best.get(rank);
      FinishReason reason = reasonAfter(candidate);
      if (reason == null) {
        open.add(candidate);
      } else if (rank < settings.numBeams()) {
        finish(candidate, reason);
      }
    }
    open.sort(Comparator.comparingDouble(BeamCandidates.Candidate::score).reversed());
    goOnWith(open.subList(0, Math.min(settings.numBeams(), open.size())));
    steps++;
    if (!canImprove()) {
      end();
    }
  }

  /** Turns a beam's logits into processed log probabilities. */
  private void process(Beam beam, StepRecorder recorder) {
    Branch branch = beam.branch();
    float[] logits = branch.logits();
    recorder.begin(logits, branch.states());
    double logSum = Softmax.logSum(logits);
    for (int id = 0; id < logits.length; id++) {
      logits[id] = (float) (logits[id] - logSum);
    }
    if (branch.unconditional() != null) {
      Guidance.apply(guidanceScale, logits, branch.unconditional().logits());
    }
    for (LogitsProcessor processor : processors) {
      processor.process(branch.sequence(), logits);
    }
    recorder.processed(logits);
  }

  /** Why the text ends with this continuation, or null. */
  private @Nullable FinishReason reasonAfter(BeamCandidates.Candidate candidate) {
    IdSequence sequence = live.get(candidate.beam()).branch().sequence();
    sequence.append(candidate.id());
    FinishReason reason = stoppingRules.reasonAfter(sequence);
    sequence.removeLast();
    return reason;
  }

  private void finish(BeamCandidates.Candidate candidate, FinishReason reason) {
    Beam parent = live.get(candidate.beam());
    IdSequence sequence = parent.branch().sequence().copy();
    sequence.append(candidate.id());
    StepRecorder.Step record =
        recorders.get(candidate.beam()).chosen(parent.record(), candidate.id());
    keep(
        new Hypothesis(
            sequence,
            scored(candidate.score(), sequence),
            reason,
            record,
            parent.branch().cache().expertCounts()));
  }

  private double scored(double sum, IdSequence sequence) {
    return sum / Math.pow(sequence.newLength(), settings.lengthPenalty());
  }

  private void keep(Hypothesis hypothesis) {
    finished.add(hypothesis);
    finished.sort(BEST_FIRST);
    if (finished.size() > settings.numBeams()) {
      finished.removeLast();
    }
  }

  /** Makes the chosen continuations the live beams; those of one beam share its cache. */
  private void goOnWith(List<BeamCandidates.Candidate> chosen) {
    int[] children = new int[live.size()];
    for (BeamCandidates.Candidate candidate : chosen) {
      children[candidate.beam()]++;
    }
    for (int beam = 0; beam < children.length; beam++) {
      if (children[beam] == 0) {
        live.get(beam).branch().close();
      }
    }
    List<Beam> next = new ArrayList<>();
    for (BeamCandidates.Candidate candidate : chosen) {
      Beam parent = live.get(candidate.beam());
      // The last child takes the parent's place, which must not change before.
      boolean isLast = --children[candidate.beam()] == 0;
      Branch branch = isLast ? parent.branch() : parent.branch().fork();
      StepRecorder.Step record =
          recorders.get(candidate.beam()).chosen(parent.record(), candidate.id());
      branch.append(candidate.id());
      next.add(new Beam(branch, candidate.score(), record));
    }
    live = next;
  }

  /** Whether going on may still change what is returned. */
  private boolean canImprove() {
    if (live.isEmpty()) {
      return false;
    }
    if (finished.size() < settings.numBeams()) {
      return true;
    }
    return switch (settings.earlyStopping()) {
      case WHEN_FULL -> false;
      case HEURISTIC, NEVER -> bestPossible() > finished.getLast().score();
    };
  }

  private double bestPossible() {
    boolean atGreatestLength =
        settings.earlyStopping() == EarlyStopping.NEVER && settings.lengthPenalty() > 0;
    int length = atGreatestLength ? maxNewLength : live.getFirst().branch().sequence().newLength();
    return live.getFirst().score() / Math.pow(length, settings.lengthPenalty());
  }

  private void end() {
    done = true;
    endNanos = System.nanoTime();
    close();
  }

  @Override
  public boolean isDone() {
    return done;
  }

  @Override
  public boolean isCancelled() {
    return prompt.isCancelled();
  }

  /** Ends with the finished texts, and the best running ones where they are too few. */
  @Override
  public void cancel() {
    for (Beam beam : live) {
      if (finished.size() < settings.numBeams()) {
        IdSequence sequence = beam.branch().sequence();
        double score = sequence.newLength() == 0 ? 0 : scored(beam.score(), sequence);
        finished.add(
            new Hypothesis(
                sequence,
                score,
                FinishReason.CANCELLED,
                beam.record(),
                beam.branch().cache().expertCounts()));
      }
    }
    end();
  }

  @Override
  public List<Generation> results() {
    return finished.stream()
        .limit(settings.numReturnSequences())
        .map(
            hypothesis ->
                prompt.result(
                    hypothesis.sequence(),
                    hypothesis.reason(),
                    endNanos,
                    Math.max(0, steps - 1),
                    StepRecorder.outputs((hypothesis.score()), hypothesis.record()),
                    hypothesis.expertCounts()))
        .toList();
  }

  @Override
  public void close() {
    live.forEach(beam -> beam.branch().close());
  }
}
