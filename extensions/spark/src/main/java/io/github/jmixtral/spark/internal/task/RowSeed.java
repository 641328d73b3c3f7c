package io.github.jmixtral.spark.internal.task;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The seed of a row: the first 8 bytes of the SHA-256 of the run's seed and the row's identity. It
 * depends neither on partitions nor on order, and neighbouring rows draw unrelated numbers.
 */
public final class RowSeed {
  private RowSeed() {}

  /** The seed of the row of this identity. */
  public static long of(long runSeed, String identity) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(runSeed).flip());
      return ByteBuffer.wrap(digest.digest(identity.getBytes(StandardCharsets.UTF_8))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
