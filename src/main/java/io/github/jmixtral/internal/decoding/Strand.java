package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.internal.sampling.Sampler;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One text that grows by one id at a time, greedily or sampled, with processors, sampler, stopping
 * rules and transcript of its own: what it becomes depends on no other text.
 */
final class Strand implements Search {
  private final Branch branch;
  private final List<Branch> branches;
  private final PromptRun prompt;
  private final double guidanceScale;
  private final LogitsProcessor[] processors;
  private final StoppingRules stoppingRules;
  private final Sampler sampler;
  private final Transcript transcript;
  private final StepRecorder recorder;
  private final int passesBefore;
  private StepRecorder.@Nullable Step record;
  private @Nullable FinishReason reason;
  private long endNanos;

  /**
   * @param branch computed up to the prompt's end; closed at the end of the text
   * @param text which of the prompt's texts this is
   */
  Strand(PromptRun prompt, Branch branch, int text) {
    GenerationConfig config = prompt.config();
    this.prompt = prompt;
    this.branch = branch;
    branches = List.of(branch);
    guidanceScale = config.setting("guidance_scale", Double.class).orElse(1.0);
    processors = prompt.processors(text);
    stoppingRules = prompt.stoppingRules(text);
    sampler = prompt.newSampler(text);
    transcript = prompt.newTranscript(prompt.hooks().listeners(), text);
    recorder = new StepRecorder(OutputSettings.of(config), branch.logits().length);
    passesBefore = branch.passes();
  }

  @Override
  public List<Branch> branches() {
    return branches;
  }

  Branch branch() {
    return branch;
  }

  @Override
  public void advance() {
    choose(branch.logits());
  }

  /**
   * Chooses the next id, appends it and sees whether the text ends with it.
   *
   * @param logits after the last id, as the model gave them [vocab]; overwritten
   */
  void choose(float[] logits) {
    IdSequence sequence = branch.sequence();
    recorder.begin(logits, branch.states());
    if (branch.unconditional() != null) {
      Guidance.apply(guidanceScale, logits, branch.unconditional().logits());
    }
    for (LogitsProcessor processor : processors) {
      processor.process(sequence, logits);
    }
    recorder.processed(logits);
    int id = sampler.sample(logits);
    record = recorder.chosen(record, id);
    branch.append(id);
    FinishReason found = stoppingRules.reasonAfter(sequence);
    transcript.append(id, record == null ? null : record.logProbabilities(), found);
    if (found != null) {
      end(found);
    }
  }

  private void end(FinishReason found) {
    reason = found;
    endNanos = System.nanoTime();
    // Behind the last id but one the cache may hold wrong guesses.
    int length = Math.min(branch.cache().length(), branch.sequence().length() - 1);
    prompt.keep(branch, length);
    close();
  }

  @Override
  public void close() {
    branch.close();
  }

  @Override
  public boolean isDone() {
    return reason != null;
  }

  @Override
  public boolean isCancelled() {
    return prompt.isCancelled();
  }

  @Override
  public void cancel() {
    end(FinishReason.CANCELLED);
  }

  @Override
  public List<Generation> results() {
    IdSequence sequence = branch.sequence();
    return List.of(
        prompt.result(
            transcript,
            sequence,
            Objects.requireNonNull(reason, "reason"),
            endNanos,
            branch.passes() - passesBefore,
            StepRecorder.outputs(null, record),
            branch.cache().expertCounts()));
  }
}
