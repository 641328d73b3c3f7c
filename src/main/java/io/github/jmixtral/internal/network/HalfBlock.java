package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import java.lang.foreign.MemorySegment;

/** A block in half precision: half the memory, 11 significant bits. */
final class HalfBlock implements CacheBlock {

  private final MixtralConfig config;
  private final int kvHeads;
  private final int headDim;
  private final short[][] keys;
  private final short[][] values;

  HalfBlock(MixtralConfig config) {
    this.config = config;
    int layers = config.numHiddenLayers();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    keys = new short[layers][kvHeads * headDim * SIZE];
    values = new short[layers][kvHeads * headDim * SIZE];
  }

  @Override
  public void store(int layer, int slot, float[] keys, float[] values, int offset) {
    short[] storedKeys = this.keys[layer];
    for (int channel = 0; channel < kvHeads * headDim; channel++) {
      storedKeys[channel * SIZE + slot] = Float.floatToFloat16(keys[offset + channel]);
    }
    short[] storedValues = this.values[layer];
    for (int h = 0; h < kvHeads; h++) {
      int from = offset + h * headDim;
      int to = (h * SIZE + slot) * headDim;
      for (int d = 0; d < headDim; d++) {
        storedValues[to + d] = Float.floatToFloat16(values[from + d]);
      }
    }
  }

  @Override
  public float[] keys(int layer, int kvHead, float[] scratch) {
    return widen(keys[layer], kvHead, scratch);
  }

  @Override
  public float[] values(int layer, int kvHead, float[] scratch) {
    return widen(values[layer], kvHead, scratch);
  }

  /** The compiler makes SIMD of this loop, which is exact. */
  private float[] widen(short[] stored, int kvHead, float[] scratch) {
    int from = kvHead * headDim * SIZE;
    for (int i = 0; i < headDim * SIZE; i++) {
      scratch[i] = Float.float16ToFloat(stored[from + i]);
    }
    return scratch;
  }

  @Override
  public MixtralConfig config() {
    return config;
  }

  @Override
  public CacheFormat format() {
    return CacheFormat.F16;
  }

  @Override
  public MemorySegment memory(CacheTensor tensor, int layer) {
    return switch (tensor) {
      case KEYS -> MemorySegment.ofArray(keys[layer]);
      case VALUES -> MemorySegment.ofArray(values[layer]);
      case KEY_SCALES, VALUE_SCALES -> throw new IllegalArgumentException(tensor.toString());
    };
  }
}
