package io.github.jmixtral.conversion;

import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointContents;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.WeightScan;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Whether there are the tensors that the configuration asks for, and all they hold are numbers. */
final class WeightChecks {
  static final String SHAPES = "shapes";
  static final String VALUES = "values";

  private final CheckpointLayout layout;
  private final int threads;
  private final Findings findings;

  WeightChecks(CheckpointLayout layout, int threads, Findings findings) {
    this.layout = layout;
    this.threads = threads;
    this.findings = findings;
  }

  /** Makes both checks, and returns the head of the model; empty where shapes are wrong. */
  Optional<MixtralWeights.Head> run() {
    Optional<Checkpoint> opened = findings.attempt(SHAPES, () -> Checkpoint.openAsStored(layout));
    if (opened.isEmpty()) {
      findings.allow(VALUES, SHAPES);
      return Optional.empty();
    }
    try (Checkpoint checkpoint = opened.get()) {
      CheckpointContents contents = checkpoint.contents();
      findings.good(
          SHAPES,
          "the %,d tensors of %s are those of the configuration, layout %s"
              .formatted(
                  contents.total().tensors(),
                  String.join(", ", contents.formats().keySet()),
                  contents.layout()));
      findings.attempt(VALUES, () -> scan(checkpoint.weights())).ifPresent(this::judge);
      return Optional.of(checkpoint.weights().head());
    }
  }

  private WeightScan.Result scan(MixtralWeights weights) {
    return WeightScan.run(weights, threads, findings.progress(VALUES, WeightScan.size(weights)));
  }

  private void judge(WeightScan.Result result) {
    List<String> faults =
        result.notFinite().stream()
            .map(wrong -> wrong.place() + ": expected a finite weight, found " + wrong.value())
            .toList();
    findings.failed(VALUES, faults);
    if (faults.isEmpty()) {
      String zeros =
          result.zeroRows() == 0 ? "" : ", %,d rows of zeros".formatted(result.zeroRows());
      findings.good(
          VALUES,
          String.format(
              Locale.ROOT,
              "%,d weights are finite, the largest %.3g%s",
              result.weights(),
              result.largest(),
              zeros));
    }
  }
}
