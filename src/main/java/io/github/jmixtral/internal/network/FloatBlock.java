package io.github.jmixtral.internal.network;

import java.lang.foreign.MemorySegment;
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
  public void clear(int from, int to) {
    for (int layer = 0; layer < keys.length; layer++) {
      for (int channel = 0; channel < kvHeads * headDim; channel++) {
        Arrays.fill(keys[layer], channel * SIZE + from, channel * SIZE + to, 0f);
      }
      for (int h = 0; h < kvHeads; h++) {
        int head = h * SIZE * headDim;
        Arrays.fill(values[layer], head + from * headDim, head + to * headDim, 0f);
      }
    }
  }

  @Override
  public FloatBlock copy(int count) {
    FloatBlock copy = new FloatBlock(keys.length, kvHeads, headDim);
    for (int layer = 0; layer < keys.length; layer++) {
      System.arraycopy(keys[layer], 0, copy.keys[layer], 0, keys[layer].length);
      System.arraycopy(values[layer], 0, copy.values[layer], 0, values[layer].length);
    }
    copy.clear(count, SIZE);
    return copy;
  }

  @Override
  public MemorySegment bytes(CacheTensor tensor, int layer) {
    return StoredNumbers.of(array(tensor)[layer]);
  }

  @Override
  public void load(CacheTensor tensor, int layer, MemorySegment stored) {
    StoredNumbers.read(stored, array(tensor)[layer]);
  }

  private float[][] array(CacheTensor tensor) {
    return switch (tensor) {
      case KEYS -> keys;
      case VALUES -> values;
      case KEY_SCALES, VALUE_SCALES -> throw new IllegalArgumentException(tensor.toString());
    };
  }
}
