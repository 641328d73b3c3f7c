package io.github.jmixtral.benchmarks.plots;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Kernels beside the machine's limits, as a table of Markdown. */
final class KernelTable {
  private final List<Row> rows = new ArrayList<>();
  private OptionalDouble peak = OptionalDouble.empty();
  private OptionalDouble read = OptionalDouble.empty();

  /**
   * A product.
   *
   * @param weights how they are stored
   * @param tokens that are multiplied at once
   * @param operations 10⁹ a second
   * @param bytes of weights, 10⁹ a second
   */
  private record Row(String weights, int tokens, double operations, double bytes) {}

  /** Adds a product. */
  void add(String weights, String tokens, double operations, double bytes) {
    rows.add(new Row(weights, Integer.parseInt(tokens), operations, bytes));
  }

  /** Sets what multiply-adds on registers alone reach, 10⁹ operations a second. */
  void setPeak(double operations) {
    peak = OptionalDouble.of(operations);
  }

  /** Sets what a plain read of memory reaches, 10⁹ bytes a second. */
  void setRead(double bytes) {
    read = OptionalDouble.of(bytes);
  }

  /** Prints the table, if the limits have been measured. */
  void print() {
    if (peak.isEmpty() || read.isEmpty()) {
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "f32 peak %.0f GOP/s, plain read of memory %.1f GB/s%n"
            + "| weights | tokens | GOP/s | of the f32 peak | GB/s of weights | of a plain read |%n"
            + "|---|---|---|---|---|---|%n",
        peak.getAsDouble(),
        read.getAsDouble());
    rows.stream()
        .sorted(Comparator.comparing(Row::weights).thenComparing(Row::tokens))
        .forEach(
            row ->
                System.out.printf(
                    Locale.ROOT,
                    "| %s | %d | %.0f | %.0f %% | %.1f | %.0f %% |%n",
                    row.weights(),
                    row.tokens(),
                    row.operations(),
                    100 * row.operations() / peak.getAsDouble(),
                    row.bytes(),
                    100 * row.bytes() / read.getAsDouble()));
  }
}
