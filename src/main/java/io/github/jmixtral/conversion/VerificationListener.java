package io.github.jmixtral.conversion;

/** Is told of a verification while it runs, by the thread that runs it. */
public interface VerificationListener {

  /** A check has ended, or has found one of several faults. */
  void found(Finding finding);

  /**
   * A long check goes on.
   *
   * @param check its name
   * @param done what it has looked at so far
   * @param total of how much
   */
  void working(String check, long done, long total);
}
