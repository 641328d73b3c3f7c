package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Objects;

/** A block in a mapped file, in any format. It is only read; a cache copies it before it writes. */
final class MappedBlock implements CacheBlock {

  private final MixtralConfig config;
  private final CacheFormat format;
  private final int headDim;
  private final int kvHeads;
  private final Map<CacheTensor, MemorySegment> tensors;

  /**
   * A block of a file.
   *
   * @param tensors each as {@link CacheTensor} says, for this format
   */
  MappedBlock(MixtralConfig config, CacheFormat format, Map<CacheTensor, MemorySegment> tensors) {
    this.config = config;
    this.format = format;
    headDim = config.headDim();
    kvHeads = config.numKeyValueHeads();
    this.tensors = Map.copyOf(tensors);
  }

  @Override
  public boolean isWritable() {
    return false;
  }

  @Override
  public void store(int layer, int slot, float[] keys, float[] values, int offset) {
    throw readOnly();
  }

  @Override
  public void clear(int from, int to) {
    throw readOnly();
  }

  @Override
  public void load(CacheTensor tensor, int layer, MemorySegment stored) {
    throw readOnly();
  }

  private static IllegalStateException readOnly() {
    return new IllegalStateException("a mapped block is copied before it is written");
  }

  @Override
  public float[] keys(int layer, int kvHead, float[] scratch) {
    return widen(CacheTensor.KEYS, CacheTensor.KEY_SCALES, layer * kvHeads + kvHead, scratch);
  }

  @Override
  public float[] values(int layer, int kvHead, float[] scratch) {
    return widen(CacheTensor.VALUES, CacheTensor.VALUE_SCALES, layer * kvHeads + kvHead, scratch);
  }

  /**
   * One head's numbers.
   *
   * @param head counted through all layers
   */
  private float[] widen(CacheTensor tensor, CacheTensor scales, int head, float[] scratch) {
    MemorySegment stored = stored(tensor);
    int count = headDim * SIZE;
    long first = (long) head * count;
    switch (format) {
      case F32 ->
          MemorySegment.copy(stored, LittleEndian.FLOAT, first * Float.BYTES, scratch, 0, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          short half = stored.get(LittleEndian.SHORT, (first + i) * Short.BYTES);
          scratch[i] = Float.float16ToFloat(half);
        }
      }
      case I8 -> {
        MemorySegment storedScales = stored(scales);
        for (int i = 0; i < count; i++) {
          // Positions are the inner dimension of keys, the outer one of values.
          int slot = tensor == CacheTensor.KEYS ? i % SIZE : i / headDim;
          float scale =
              storedScales.get(LittleEndian.FLOAT, ((long) head * SIZE + slot) * Float.BYTES);
          scratch[i] = stored.get(ValueLayout.JAVA_BYTE, first + i) * scale;
        }
      }
    }
    return scratch;
  }

  @Override
  public MixtralConfig config() {
    return config;
  }

  @Override
  public CacheFormat format() {
    return format;
  }

  private MemorySegment stored(CacheTensor tensor) {
    return Objects.requireNonNull(tensors.get(tensor));
  }

  @Override
  public MemorySegment memory(CacheTensor tensor, int layer) {
    MemorySegment stored = stored(tensor);
    long layerBytes = stored.byteSize() / config.numHiddenLayers();
    return stored.asSlice(layer * layerBytes, layerBytes);
  }

  @Override
  public MemorySegment bytes(CacheTensor tensor, int layer) {
    return memory(tensor, layer);
  }

  @Override
  public CacheBlock copy(int count) {
    CacheBlock copy = CacheBlock.of(format, config);
    for (CacheTensor tensor : CacheTensor.of(format)) {
      for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
        copy.load(tensor, layer, bytes(tensor, layer));
      }
    }
    copy.clear(count, SIZE);
    return copy;
  }
}
