package io.github.jmixtral.internal.format;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Damages files as a broken transfer or an attacker might. */
final class GgufMutation {
  private static final long[] EXTREMES = {0, 1, -1, 255, 65535, Integer.MAX_VALUE, Long.MAX_VALUE};

  private GgufMutation() {}

  /** A copy with one to three changes: a bit, a byte, a number, a cut, a repetition. */
  static byte[] of(byte[] valid, SplittableRandom random) {
    byte[] bytes = valid.clone();
    for (int change = random.nextInt(1, 4); change > 0; change--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> {
          long number = EXTREMES[random.nextInt(EXTREMES.length)];
          int size = random.nextBoolean() ? 4 : 8;
          for (int i = 0; i < size && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (number >>> 8 * i);
          }
        }
        case 3 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
        case 4 -> {
          int count = Math.min(random.nextInt(1, 40), bytes.length - at);
          int from = random.nextInt(bytes.length - count + 1);
          System.arraycopy(bytes.clone(), from, bytes, at, count);
        }
        default -> throw new AssertionError();
      }
    }
    return bytes;
  }
}
