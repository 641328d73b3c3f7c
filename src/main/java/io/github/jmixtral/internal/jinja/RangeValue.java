package io.github.jmixtral.internal.jinja;

/** {@code range(start, stop, step)}, at most 100,000 long as the sandbox has it. */
record RangeValue(long start, long stop, long step) implements Value {
  static final long LONGEST = 100_000;

  /** Beyond this bound sums of numbers might not fit. */
  private static final long MOST = 1L << 60;

  static RangeValue of(long start, long stop, long step) {
    for (long number : new long[] {start, stop, step}) {
      if (number > MOST || number < -MOST) {
        throw JinjaException.notSupported("a range of such large numbers");
      }
    }
    return new RangeValue(start, stop, step);
  }

  long length() {
    long distance = step > 0 ? stop - start : start - stop;
    long stride = Math.abs(step);
    return distance <= 0 ? 0 : (distance - 1) / stride + 1;
  }

  IntValue get(long index) {
    return IntValue.of(start + index * step);
  }

  @Override
  public String typeName() {
    return "range";
  }
}
