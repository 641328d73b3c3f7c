package io.github.jmixtral.error;

/** An optional library is needed for what was asked, and is not on the class or module path. */
public final class MissingDependencyException extends JmixtralException {
  private static final long serialVersionUID = 1L;

  /**
   * @param purpose what needs the library, as the beginning of a sentence
   * @param coordinates the Maven coordinates to add
   */
  public MissingDependencyException(String purpose, String coordinates) {
    super(
        purpose
            + " needs the optional dependency "
            + coordinates
            + ", found none; add it to your build");
  }
}
