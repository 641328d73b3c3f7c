package io.github.jmixtral.testkit.mutation;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Changes bytes without knowing what they mean. */
final class ByteMutation {
  private static final long[] BOUNDARIES = {
    0,
    1,
    2,
    3,
    7,
    8,
    31,
    32,
    64,
    100,
    255,
    256,
    4095,
    4096,
    Short.MAX_VALUE,
    0xffff,
    0x10000,
    1 << 20,
    1 << 24,
    100_000_000,
    1 << 30,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffff_ffffL,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE / 8,
    Long.MAX_VALUE / 4,
    Long.MAX_VALUE / 2,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final byte[] TELLING = {
    0, 1, 2, 0x7f, (byte) 0x80, (byte) 0xff, (byte) 0xc0, '"', '\\', '\n', '{', '[', '.', ' ', '9'
  };

  private ByteMutation() {}

  /**
   * A changed copy.
   *
   * @param others files to take stretches from
   */
  static byte[] of(byte[] bytes, List<byte[]> others, SplittableRandom random) {
    if (bytes.length == 0) {
      return stretch(others.get(random.nextInt(others.size())), random);
    }
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(12)) {
      case 0, 1 -> with(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
      case 2 -> with(bytes, at, TELLING[random.nextInt(TELLING.length)]);
      case 3 -> with(bytes, at, (byte) random.nextInt(256));
      case 4 -> withNumber(bytes, at, boundary(bytes.length, random), random);
      case 5 -> withNumber(bytes, at, boundary(bytes.length, random), random);
      case 6 -> withSum(bytes, at, random);
      case 7 -> Arrays.copyOf(bytes, at);
      case 8 -> replaced(bytes, at, stretch(bytes, random).length, new byte[0]);
      case 9 -> replaced(bytes, at, 0, stretch(bytes, random));
      case 10 -> overwritten(bytes, at, stretch(bytes, random));
      case 11 -> spliced(bytes, at, others.get(random.nextInt(others.size())), random);
      default -> throw new AssertionError();
    };
  }

  private static byte[] with(byte[] bytes, int at, byte value) {
    byte[] changed = bytes.clone();
    changed[at] = value;
    return changed;
  }

  /** A number at which programs err, or one beside it, or beside the file's size. */
  private static long boundary(int size, SplittableRandom random) {
    int which = random.nextInt(BOUNDARIES.length + 2);
    long number = which < BOUNDARIES.length ? BOUNDARIES[which] : size;
    return (random.nextInt(4) == 0 ? -number : number) + random.nextInt(-1, 2);
  }

  private static byte[] withNumber(byte[] bytes, int at, long number, SplittableRandom random) {
    int size = 1 << random.nextInt(4);
    byte[] field =
        random.nextInt(4) == 0
            ? Arrays.copyOfRange(
                ByteBuffer.allocate(Long.BYTES).putLong(number).array(), Long.BYTES - size, 8)
            : Arrays.copyOf(littleEndian(number), size);
    return overwritten(bytes, at, field);
  }

  /** Adds a small number to a little-endian one. */
  private static byte[] withSum(byte[] bytes, int at, SplittableRandom random) {
    int size = Math.min(1 << random.nextInt(4), bytes.length - at);
    byte[] field = Arrays.copyOf(Arrays.copyOfRange(bytes, at, at + size), Long.BYTES);
    long number = ByteBuffer.wrap(field).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return overwritten(
        bytes, at, Arrays.copyOf(littleEndian(number + random.nextInt(-16, 17)), size));
  }

  private static byte[] littleEndian(long number) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
  }

  /** A copy of some bytes, seldom of many. */
  private static byte[] stretch(byte[] bytes, SplittableRandom random) {
    int most = random.nextInt(8) == 0 ? bytes.length : Math.min(bytes.length, 24);
    int length = random.nextInt(most + 1);
    int from = random.nextInt(bytes.length - length + 1);
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  private static byte[] overwritten(byte[] bytes, int at, byte[] field) {
    byte[] changed = bytes.clone();
    System.arraycopy(field, 0, changed, at, Math.min(field.length, bytes.length - at));
    return changed;
  }

  private static byte[] replaced(byte[] bytes, int at, int length, byte[] by) {
    int end = Math.min(at + length, bytes.length);
    return Seed.join(
        List.of(Arrays.copyOf(bytes, at), by, Arrays.copyOfRange(bytes, end, bytes.length)));
  }

  /** The beginning of one file and the end of another. */
  private static byte[] spliced(byte[] bytes, int at, byte[] other, SplittableRandom random) {
    int from = random.nextBoolean() ? Math.min(at, other.length) : random.nextInt(other.length + 1);
    return Seed.join(
        List.of(Arrays.copyOf(bytes, at), Arrays.copyOfRange(other, from, other.length)));
  }
}
