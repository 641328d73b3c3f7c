package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Checks a checkpoint in whichever layout it has: its configuration, the headers of its files, the
 * index of its shards, names and shapes of its tensors, their numbers, its tokenizer and generation
 * settings, and the logits that someone has put beside it. What is damaged makes findings, not
 * exceptions.
 */
public final class Verification {
  private static final String CONFIG = "config";
  private static final String LOGITS = "logits";

  private final CheckpointLayout layout;
  private final LoadOptions options;
  private final double tolerance;
  private final Findings findings;

  private Verification(
      CheckpointLayout layout, LoadOptions options, double tolerance, Findings findings) {
    this.layout = layout;
    this.options = options;
    this.tolerance = tolerance;
    this.findings = findings;
  }

  /**
   * Makes all checks.
   *
   * @param path a folder or a file
   * @param options how the model is loaded, to compute logits with it
   * @param tolerance how far a logit may lie from what it is expected to be, as a part of the
   *     largest of these, or of 1 where all are smaller
   * @param listener hears of each finding at once
   * @return all findings, in order
   * @throws io.github.jmixtral.error.MissingFileException when nothing is there
   * @throws io.github.jmixtral.error.MalformedFileException when a folder holds several models
   */
  public static List<Finding> run(
      Path path, LoadOptions options, double tolerance, VerificationListener listener) {
    Findings findings = new Findings(listener);
    new Verification(CheckpointLayout.of(path), options, tolerance, findings).run();
    return findings.list();
  }

  private void run() {
    Optional<MixtralConfig> config = findings.attempt(CONFIG, layout::config);
    config.ifPresent(found -> findings.good(CONFIG, describe(found)));
    new FileChecks(layout, findings).run();
    Optional<MixtralWeights.Head> head = checkWeights();
    if (findings.allow(TokenizerChecks.TOKENIZER, CONFIG)) {
      new TokenizerChecks(layout, config.orElseThrow(), findings).checkTokenizer();
    }
    if (findings.allow(TokenizerChecks.SETTINGS, CONFIG)) {
      new TokenizerChecks(layout, config.orElseThrow(), findings).checkSettings();
    }
    checkLogits(head);
  }

  private static String describe(MixtralConfig config) {
    return "%d layers, hidden size %,d, %d experts (%d a token), %,d ids"
        .formatted(
            config.numHiddenLayers(),
            config.hiddenSize(),
            config.numLocalExperts(),
            config.numExpertsPerTok(),
            config.vocabSize());
  }

  private Optional<MixtralWeights.Head> checkWeights() {
    if (!findings.allow(WeightChecks.SHAPES, CONFIG, FileChecks.HEADERS, FileChecks.INDEX)) {
      findings.allow(WeightChecks.VALUES, WeightChecks.SHAPES);
      return Optional.empty();
    }
    return new WeightChecks(layout, options.threads(), findings).run();
  }

  private void checkLogits(Optional<MixtralWeights.Head> head) {
    Optional<Path> file = ExpectedLogits.beside(layout.path());
    if (file.isEmpty()) {
      findings.absent(LOGITS, "no " + ExpectedLogits.FILE);
    } else if (findings.allow(LOGITS, WeightChecks.SHAPES, WeightChecks.VALUES)) {
      findings
          .attempt(
              LOGITS,
              () ->
                  new ExpectedLogits(file.get(), tolerance)
                      .compare(
                          layout.path(),
                          head.orElseThrow(),
                          options,
                          total -> findings.progress(LOGITS, total)))
          .ifPresent(detail -> findings.good(LOGITS, detail));
    }
  }
}
