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
    return switch (format) {
      case F32 -> new FloatBlock(config);
      case F16 -> new HalfBlock(config);
      case I8 -> new ByteBlock(config);
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
  default int offset(int kvHead) {
    return 0;
  }

  /** The shape of the model. */
  MixtralConfig config();

  /** The number format. */
  CacheFormat format();

  /** A layer of one of its tensors, where it lies. */
  MemorySegment memory(CacheTensor tensor, int layer);

  /** Sets the positions {@code from … to − 1} to 0. */
  default void clear(int from, int to) {
    for (CacheTensor tensor : CacheTensor.of(format())) {
      // [outer, SIZE, bytes]
      long bytes = (long) tensor.numbersOfPosition(config()) * tensor.dtype(format()).byteSize();
      for (int layer = 0; layer < config().numHiddenLayers(); layer++) {
        MemorySegment memory = memory(tensor, layer);
        for (long at = 0; at < memory.byteSize(); at += SIZE * bytes) {
          memory.asSlice(at + from * bytes, (to - from) * bytes).fill((byte) 0);
        }
      }
    }
  }

  /** A block of its own with the first {@code count} positions, the others 0. */
  default CacheBlock copy(int count) {
    CacheBlock copy = of(format(), config());
    for (CacheTensor tensor : CacheTensor.of(format())) {
      for (int layer = 0; layer < config().numHiddenLayers(); layer++) {
        copy.memory(tensor, layer).copyFrom(memory(tensor, layer));
      }
    }
    copy.clear(count, SIZE);
    return copy;
  }

  /** A layer of one of its tensors, as it lies in a file. */
  default MemorySegment bytes(CacheTensor tensor, int layer) {
    return StoredNumbers.of(memory(tensor, layer), tensor.dtype(format()).byteSize());
  }

  /** Takes a layer of one of its tensors from a file. */
  default void load(CacheTensor tensor, int layer, MemorySegment stored) {
    StoredNumbers.copy(stored, memory(tensor, layer), tensor.dtype(format()).byteSize());
  }

  /** Whether it may change at all. */
  default boolean isWritable() {
    return true;
  }
}
