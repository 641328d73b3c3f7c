package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Checks a checkpoint in whichever layout it has: its configuration, the headers of its files, the
 * index of its shards, names and shapes of its tensors, their numbers, its tokenizer and generation
 * settings, and the logits that someone has put beside it. What is damaged makes findings, not
 * exceptions.
 *
 * @since 0.1.0
 */
public final class CheckpointVerifier {
  private static final String CONFIG = "config";
  private static final String LOGITS = "logits";

  private static final double TOLERANCE = 2e-5;

  private final Path path;
  private final LoadOptions options;
  private final double tolerance;

  private CheckpointVerifier(Path path, LoadOptions options, double tolerance) {
    this.path = path;
    this.options = options;
    this.tolerance = tolerance;
  }

  /**
   * A verifier that computes logits with unrounded activations, and lets them differ from expected
   * ones by 2e-5 of the largest.
   *
   * @param path a folder or a file
   */
  public CheckpointVerifier(Path path) {
    this(
        Objects.requireNonNull(path, "path"),
        LoadOptions.defaults().withActivations(LoadOptions.Activations.F32),
        TOLERANCE);
  }

  /** Sets how the model is loaded, to compute logits with it. */
  public CheckpointVerifier withLoadOptions(LoadOptions options) {
    return new CheckpointVerifier(path, Objects.requireNonNull(options, "options"), tolerance);
  }

  /**
   * Sets how far a logit may lie from what it is expected to be.
   *
   * @param tolerance as a part of the largest expected logit, or of 1 where all are smaller
   * @throws IllegalArgumentException when negative or not a number
   */
  public CheckpointVerifier withTolerance(double tolerance) {
    if (!(tolerance >= 0)) {
      throw new IllegalArgumentException(
          "tolerance: expected a number of at least 0, found " + tolerance);
    }
    return new CheckpointVerifier(path, options, tolerance);
  }

  /**
   * Makes all checks.
   *
   * @param listener receives each finding at once; what it throws ends the verification
   * @return all findings, in order
   * @throws io.github.jmixtral.error.MissingFileException when nothing is there
   * @throws io.github.jmixtral.error.MalformedFileException when a folder holds several models
   */
  public List<Finding> verify(VerificationListener listener) {
    Objects.requireNonNull(listener, "listener");
    Findings findings = new Findings(listener);
    new Run(CheckpointLayout.of(path), options, tolerance, findings).all();
    return findings.list();
  }

  /** One verification. */
  private record Run(
      CheckpointLayout layout, LoadOptions options, double tolerance, Findings findings) {

    void all() {
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
}
