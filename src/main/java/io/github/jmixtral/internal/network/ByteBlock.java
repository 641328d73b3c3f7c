package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import java.lang.foreign.MemorySegment;

/**
 * A block in 8 bits: a quarter of the memory. Each position of each head has one scale for its key
 * and one for its value, the largest absolute value divided by 127.
 */
final class ByteBlock implements CacheBlock {

  private final MixtralConfig config;
  private final int kvHeads;
  private final int headDim;
  private final byte[][] keys;
  private final byte[][] values;

  /** Scales [kvHeads, SIZE] of keys and values, by layer. */
  private final float[][] keyScales;

  private final float[][] valueScales;

  ByteBlock(MixtralConfig config) {
    this.config = config;
    int layers = config.numHiddenLayers();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    keys = new byte[layers][kvHeads * headDim * SIZE];
    values = new byte[layers][kvHeads * headDim * SIZE];
    keyScales = new float[layers][kvHeads * SIZE];
    valueScales = new float[layers][kvHeads * SIZE];
  }

  @Override
  public void store(int layer, int slot, float[] keys, float[] values, int offset) {
    byte[] storedKeys = this.keys[layer];
    byte[] storedValues = this.values[layer];
    for (int h = 0; h < kvHeads; h++) {
      int from = offset + h * headDim;
      float keyScale = largest(keys, from) / 127;
      keyScales[layer][h * SIZE + slot] = keyScale;
      for (int d = 0; d < headDim; d++) {
        storedKeys[(h * headDim + d) * SIZE + slot] = round(keys[from + d], keyScale);
      }
      float valueScale = largest(values, from) / 127;
      valueScales[layer][h * SIZE + slot] = valueScale;
      for (int d = 0; d < headDim; d++) {
        storedValues[(h * SIZE + slot) * headDim + d] = round(values[from + d], valueScale);
      }
    }
  }

  private float largest(float[] x, int from) {
    float largest = 0;
    for (int d = 0; d < headDim; d++) {
      largest = Math.max(largest, Math.abs(x[from + d]));
    }
    return largest;
  }

  private static byte round(float x, float scale) {
    return scale == 0 ? 0 : (byte) Math.rint(x / scale);
  }

  @Override
  public float[] keys(int layer, int kvHead, float[] scratch) {
    byte[] stored = keys[layer];
    float[] scales = keyScales[layer];
    for (int d = 0; d < headDim; d++) {
      int from = (kvHead * headDim + d) * SIZE;
      for (int slot = 0; slot < SIZE; slot++) {
        scratch[d * SIZE + slot] = stored[from + slot] * scales[kvHead * SIZE + slot];
      }
    }
    return scratch;
  }

  @Override
  public float[] values(int layer, int kvHead, float[] scratch) {
    byte[] stored = values[layer];
    for (int slot = 0; slot < SIZE; slot++) {
      float scale = valueScales[layer][kvHead * SIZE + slot];
      int from = (kvHead * SIZE + slot) * headDim;
      for (int d = 0; d < headDim; d++) {
        scratch[slot * headDim + d] = stored[from + d] * scale;
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
    return CacheFormat.I8;
  }

  @Override
  public MemorySegment memory(CacheTensor tensor, int layer) {
    return switch (tensor) {
      case KEYS -> MemorySegment.ofArray(keys[layer]);
      case VALUES -> MemorySegment.ofArray(values[layer]);
      case KEY_SCALES -> MemorySegment.ofArray(keyScales[layer]);
      case VALUE_SCALES -> MemorySegment.ofArray(valueScales[layer]);
    };
  }
}
