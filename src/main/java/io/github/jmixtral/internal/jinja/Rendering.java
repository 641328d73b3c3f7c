package io.github.jmixtral.internal.jinja;

import java.time.Clock;

/** The state of one rendering. Of one thread. */
final class Rendering {
  private final Work work;
  private final Clock clock;
  private boolean autoescape;
  private int line;

  Rendering(JinjaLimits limits, Clock clock) {
    this.work = new Work(limits);
    this.clock = clock;
  }

  Work work() {
    return work;
  }

  Clock clock() {
    return clock;
  }

  /** Whether an {@code autoescape} block is being rendered. */
  boolean autoescape() {
    return autoescape;
  }

  void setAutoescape(boolean autoescape) {
    this.autoescape = autoescape;
  }

  /** The line that is being rendered. */
  int line() {
    return line;
  }

  void setLine(int line) {
    this.line = line;
  }
}
