package io.github.jmixtral.conversion;

/**
 * The result of a check; a check that found several faults has several findings.
 *
 * @since 0.1.0
 */
public final class Finding {
  private final String check;
  private final Outcome outcome;
  private final String detail;

  /** How a check ended. */
  public enum Outcome {
    /** All is as it should be. */
    GOOD,
    /** Something is wrong. */
    FAILED,
    /** It was not made, as it needs something that is wrong already. */
    SKIPPED,
    /** There is nothing to check. */
    ABSENT
  }

  Finding(String check, Outcome outcome, String detail) {
    this.check = check;
    this.outcome = outcome;
    this.detail = detail;
  }

  /** {@return the name of the check} */
  public String check() {
    return check;
  }

  /** {@return how it ended} */
  public Outcome outcome() {
    return outcome;
  }

  /** {@return what was looked at, or what is wrong, on one line} */
  public String detail() {
    return detail;
  }

  @Override
  public String toString() {
    return check + " " + outcome + ": " + detail;
  }
}
