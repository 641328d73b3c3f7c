package io.github.jmixtral.internal.automaton;

import java.util.Arrays;

/** Numbers from 0 on, in the order in which they came. Made once, cleared and filled often. */
final class NumberSet {
  private int[] stamps = new int[64]; // by number: when it came last
  private int[] members = new int[16];
  private int time;
  private int size;

  void clear() {
    size = 0;
    if (++time < 0) {
      Arrays.fill(stamps, 0);
      time = 1;
    }
  }

  void add(int number) {
    if (number >= stamps.length) {
      stamps = Arrays.copyOf(stamps, Math.max(number + 1, 2 * stamps.length));
    }
    if (stamps[number] == time) {
      return;
    }
    stamps[number] = time;
    if (size == members.length) {
      members = Arrays.copyOf(members, 2 * size);
    }
    members[size++] = number;
  }

  boolean contains(int number) {
    return number < stamps.length && stamps[number] == time;
  }

  int size() {
    return size;
  }

  /** The number that came as the {@code index}-th. */
  int get(int index) {
    return members[index];
  }
}
