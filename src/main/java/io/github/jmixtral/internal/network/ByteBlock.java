package io.github.jmixtral.internal.network;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A block in 8 bits: a quarter of the memory. Each position of each head has one scale for its key
 * and one for its value, the largest absolute value divided by 127.
 */
final class ByteBlock implements CacheBlock {

  private final int kvHeads;
  private final int headDim;
  private final byte[][] keys;
  private final byte[][] values;

  /** Scales [kvHeads, SIZE] of keys and values, by layer. */
  private final float[][] keyScales;

  private final float[][] valueScales;

  ByteBlock(int layers, int kvHeads, int headDim) {
    this.kvHeads = kvHeads;
    this.headDim = headDim;
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
  public int offset(int kvHead) {
    return 0;
  }

  @Override
  public void clear(int from, int to) {
    for (int layer = 0; layer < keys.length; layer++) {
      for (int channel = 0; channel < kvHeads * headDim; channel++) {
        Arrays.fill(keys[layer], channel * SIZE + from, channel * SIZE + to, (byte) 0);
      }
      for (int h = 0; h < kvHeads; h++) {
        int head = h * SIZE * headDim;
        Arrays.fill(values[layer], head + from * headDim, head + to * headDim, (byte) 0);
        Arrays.fill(keyScales[layer], h * SIZE + from, h * SIZE + to, 0f);
        Arrays.fill(valueScales[layer], h * SIZE + from, h * SIZE + to, 0f);
      }
    }
  }

  @Override
  public ByteBlock copy(int count) {
    ByteBlock copy = new ByteBlock(keys.length, kvHeads, headDim);
    for (int layer = 0; layer < keys.length; layer++) {
      System.arraycopy(keys[layer], 0, copy.keys[layer], 0, keys[layer].length);
      System.arraycopy(values[layer], 0, copy.values[layer], 0, values[layer].length);
      System.arraycopy(keyScales[layer], 0, copy.keyScales[layer], 0, kvHeads * SIZE);
      System.arraycopy(valueScales[layer], 0, copy.valueScales[layer], 0, kvHeads * SIZE);
    }
    copy.clear(count, SIZE);
    return copy;
  }

  @Override
  public MemorySegment bytes(CacheTensor tensor, int layer) {
    return switch (tensor) {
      case KEYS -> MemorySegment.ofArray(keys[layer]);
      case VALUES -> MemorySegment.ofArray(values[layer]);
      case KEY_SCALES -> StoredNumbers.of(keyScales[layer]);
      case VALUE_SCALES -> StoredNumbers.of(valueScales[layer]);
    };
  }

  @Override
  public void load(CacheTensor tensor, int layer, MemorySegment stored) {
    switch (tensor) {
      case KEYS -> MemorySegment.ofArray(keys[layer]).copyFrom(stored);
      case VALUES -> MemorySegment.ofArray(values[layer]).copyFrom(stored);
      case KEY_SCALES -> StoredNumbers.read(stored, keyScales[layer]);
      case VALUE_SCALES -> StoredNumbers.read(stored, valueScales[layer]);
    }
  }
}
