package io.github.jmixtral.internal.automaton;

/**
 * How often what is marked in a rule occurs in a text of it. Without an upper limit, counting stops
 * at the lower one.
 *
 * @param least at least so often
 * @param most at most so often, or {@link Expression#UNBOUNDED}
 */
record Counter(int least, int most) {
  /** Counts nothing. */
  static final Counter NONE = new Counter(0, Expression.UNBOUNDED);

  Counter {
    if (least < 0 || most != Expression.UNBOUNDED && most < least) {
      throw new IllegalArgumentException(
          "counter: %d to %d is no range of counts".formatted(least, most));
    }
  }

  /** The highest count there is. */
  int last() {
    return most == Expression.UNBOUNDED ? least : most;
  }

  /** The count behind one more, −1 if there must not be one more. */
  int next(int count) {
    if (count < last()) {
      return count + 1;
    }
    return most == Expression.UNBOUNDED ? count : -1;
  }

  /**
   * Whether whatever may follow the second count may follow the first as well, so that the second
   * need not be looked at.
   */
  boolean dominates(int first, int second) {
    return most == Expression.UNBOUNDED ? first >= second : first <= second && first >= least;
  }
}
