package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.kernel.AttentionKernels;
import java.lang.foreign.MemorySegment;

/**
 * Keys and values of {@value #SIZE} consecutive positions, of all layers, in one number format.
 *
 * <p>A key/value head's keys are [headDim, SIZE], positions inside, and its values [SIZE, headDim],
 * channels inside: what {@link AttentionKernels} reads. Positions not yet stored are multiplied by
 * 0, so they are 0 from the beginning, and 0 again once they are forgotten.
 */
public sealed interface CacheBlock permits FloatBlock, HalfBlock, ByteBlock, MappedBlock {

  /** Positions of a block. */
  int SIZE = AttentionKernels.BLOCK;

  /** An empty block. */
  static CacheBlock of(CacheFormat format, MixtralConfig config) {
    int layers = config.numHiddenLayers();
    int kvHeads = config.numKeyValueHeads();
    return switch (format) {
      case F32 -> new FloatBlock(layers, kvHeads, config.headDim());
      case F16 -> new HalfBlock(layers, kvHeads, config.headDim());
      case I8 -> new ByteBlock(layers, kvHeads, config.headDim());
    };
  }

  /** Bytes of a block. */
  static long byteSize(CacheFormat format, MixtralConfig config) {
    long vectors = 2L * config.numHiddenLayers() * config.numKeyValueHeads() * SIZE;
    return switch (format) {
      case F32 -> vectors * config.headDim() * Float.BYTES;
      case F16 -> vectors * config.headDim() * Short.BYTES;
      case I8 -> vectors * (config.headDim() + Float.BYTES);
    };
  }

  /**
   * Stores one position, rounded to the block's format.
   *
   * @param keys [kvHeads, headDim] at {@code offset}
   * @param values [kvHeads, headDim] at {@code offset}
   */
  void store(int layer, int slot, float[] keys, float[] values, int offset);

  /**
   * One head's keys as floats.
   *
   * @param scratch room for them, used if they are not stored as floats
   * @return the array that holds them, at {@link #offset}
   */
  float[] keys(int layer, int kvHead, float[] scratch);

  /** One head's values as floats, likewise. */
  float[] values(int layer, int kvHead, float[] scratch);

  /** Where in the array of {@link #keys} or {@link #values} the head begins. */
  int offset(int kvHead);

  /** Sets the positions {@code from … to − 1} to 0. */
  void clear(int from, int to);

  /** A block of its own with the first {@code count} positions, the others 0. */
  CacheBlock copy(int count);

  /** A layer of one of its tensors, as it lies in a file. */
  MemorySegment bytes(CacheTensor tensor, int layer);

  /** Takes a layer of one of its tensors from a file. */
  void load(CacheTensor tensor, int layer, MemorySegment stored);

  /** Whether it may change at all. */
  default boolean isWritable() {
    return true;
  }
}
