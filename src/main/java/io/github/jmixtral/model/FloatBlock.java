package io.github.jmixtral.model;

import java.util.Arrays;

/** A block in single precision, read in place. */
final class FloatBlock implements CacheBlock {

  private final int kvHeads;
  private final int headDim;
  private final float[][] keys;
  private final float[][] values;

  FloatBlock(int layers, int kvHeads, int headDim) {
    this.kvHeads = kvHeads;
    this.headDim = headDim;
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
  public void clear() {
    for (int layer = 0; layer < keys.length; layer++) {
      Arrays.fill(keys[layer], 0f);
      Arrays.fill(values[layer], 0f);
    }
  }

  @Override
  public long byteSize() {
    return 2L * keys.length * kvHeads * headDim * SIZE * Float.BYTES;
  }
}
