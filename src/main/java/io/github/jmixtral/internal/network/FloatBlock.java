package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import java.lang.foreign.MemorySegment;

/** A block in single precision, read in place. */
final class FloatBlock implements CacheBlock {

  private final MixtralConfig config;
  private final int kvHeads;
  private final int headDim;
  private final float[][] keys;
  private final float[][] values;

  FloatBlock(MixtralConfig config) {
    this.config = config;
    int layers = config.numHiddenLayers();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    keys = new float[layers][kvHeads * headDim * SIZE];
    values = new float[layers][kvHeads * headDim * SIZE];
  }

  @Override
  public void store(int layer, int slot, float[] keys, float[] values, int offset) {
    float[] storedKeys = this.keys[layer];
    for (int channel = 0; channel < kvHeads * headDim; channel++) {
      storedKeys[channel * SIZE + slot] = keys[offset + channel];
    }
    for (int h = 0; h < kvHeads; h++) {
      int to = (h * SIZE + slot) * headDim;
      System.arraycopy(values, offset + h * headDim, this.values[layer], to, headDim);
    }
  }

  @Override
  public float[] keys(int layer, int kvHead, float[] scratch) {
    return keys[layer];
  }

  @Override
  public float[] values(int layer, int kvHead, float[] scratch) {
    return values[layer];
  }

  @Override
  public int offset(int kvHead) {
    return kvHead * headDim * SIZE;
  }

  @Override
  public MixtralConfig config() {
    return config;
  }

  @Override
  public CacheFormat format() {
    return CacheFormat.F32;
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
