package io.github.jmixtral.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A line of a batch file.
 *
 * @param number in the file, from 1
 * @param bytes its text; of a line that is longer, the first {@value #MOST_BYTES}
 * @param length of the whole line in bytes
 * @param digest distinguishes the line from all others, and the run from runs of other models or
 *     with other settings
 */
record BatchLine(long number, byte[] bytes, long length, byte[] digest) {
  /** Longer lines are not read whole: far more text than any model's context has room for. */
  static final int MOST_BYTES = 16 << 20;

  private static final int TOKEN_BYTES = 16;

  /** Seeds are whole numbers that every JSON parser keeps: 53 bits. */
  private static final int DROPPED_SEED_BITS = Long.SIZE - 53;

  /**
   * A line of a run.
   *
   * @param run distinguishes it from others
   */
  static BatchLine of(String run, long number, byte[] bytes, long length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(run.getBytes(StandardCharsets.UTF_8));
      digest.update(ByteBuffer.allocate(2 * Long.BYTES).putLong(number).putLong(length).array());
      return new BatchLine(number, bytes, length, digest.digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  boolean isTooLong() {
    return length > bytes.length;
  }

  /** What the ids of its answer are made of. */
  String token() {
    return HexFormat.of().formatHex(digest, 0, TOKEN_BYTES);
  }

  /** What its answer draws with unless the line says. */
  long seed() {
    return ByteBuffer.wrap(digest).getLong(TOKEN_BYTES) >>> DROPPED_SEED_BITS;
  }

  /** What the line of its answer begins with. */
  String answerBegin() {
    return "{\"id\":\"batch_req_" + token() + "\"";
  }

  @Override
  public String toString() {
    return "BatchLine[number=" + number + ", length=" + length + "]";
  }
}
