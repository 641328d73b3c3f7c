package io.github.jmixtral.conversion;

import io.github.jmixtral.internal.checkpoint.RoundingTotals;
import java.util.List;

/**
 * What quantising a model's matrices gave. Norms are not counted: they are few and kept.
 *
 * @since 0.1.0
 */
public final class QuantizationReport {
  private final RoundingTotals totals;

  QuantizationReport(RoundingTotals totals) {
    this.totals = totals;
  }

  /** {@return the matrices of each kind: first what is kept, then in the model's order} */
  public List<Kind> kinds() {
    return totals.kinds().stream().map(Kind::new).toList();
  }

  /** {@return the number of weights} */
  public long parameters() {
    return totals.parameters();
  }

  /** {@return the bytes of all matrices} */
  public long bytes() {
    return totals.bytes();
  }

  /** {@return the bits that a weight takes on average} */
  public double bitsPerWeight() {
    return totals.bitsPerWeight();
  }

  @Override
  public String toString() {
    return "QuantizationReport" + kinds();
  }

  /** All matrices of one name, such as {@code q_proj} or {@code w2}, stored in one format. */
  public static final class Kind {
    private final RoundingTotals.Kind kind;

    private Kind(RoundingTotals.Kind kind) {
      this.kind = kind;
    }

    /** {@return the tensors' last name} */
    public String name() {
      return kind.name();
    }

    /**
     * {@return the format: {@code q4}, {@code q8}, or what they were stored in, as {@code bf16}}
     */
    public String format() {
      return kind.format();
    }

    /** {@return the number of tensors} */
    public int tensors() {
      return kind.tensors();
    }

    /** {@return the number of weights} */
    public long parameters() {
      return kind.parameters();
    }

    /** {@return the bytes as they are stored now} */
    public long bytes() {
      return kind.bytes();
    }

    /** {@return the bits that a weight takes, its part of the scales included} */
    public double bitsPerWeight() {
      return kind.bitsPerWeight();
    }

    /** {@return the root of the squared error by the squared weights; 0 for what is kept} */
    public double relativeError() {
      return kind.relativeError();
    }

    @Override
    public String toString() {
      return kind.toString();
    }
  }
}
