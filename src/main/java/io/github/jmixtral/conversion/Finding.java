package io.github.jmixtral.conversion;

/**
 * What a check found; a check that found several faults has several findings.
 *
 * @param check its name
 * @param outcome how it ended
 * @param detail what was looked at, or what is wrong, on one line
 */
public record Finding(String check, Outcome outcome, String detail) {

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
}
