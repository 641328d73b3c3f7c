package io.github.jmixtral.conversion;

/**
 * Receives the progress of a verification, on the thread that runs it.
 *
 * @since 0.1.0
 */
public interface VerificationListener {

  /** A check has ended, or has found one of several faults. */
  void found(Finding finding);

  /**
   * A long check goes on. What this throws ends the verification.
   *
   * @param check its name
   * @param done what it has looked at so far
   * @param total of how much
   */
  void working(String check, long done, long total);
}
