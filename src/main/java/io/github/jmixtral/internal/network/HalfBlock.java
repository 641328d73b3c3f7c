package io.github.jmixtral.internal.network;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** A block in half precision: half the memory, 11 significant bits. */
final class HalfBlock implements CacheBlock {

  private final int kvHeads;
  private final int headDim;
  private final short[][] keys;
  private final short[][] values;

  HalfBlock(int layers, int kvHeads, int headDim) {
    this.kvHeads = kvHeads;
    this.headDim = headDim;
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
  public int offset(int kvHead) {
    return 0;
  }

  @Override
  public void clear(int from, int to) {
    for (int layer = 0; layer < keys.length; layer++) {
      for (int channel = 0; channel < kvHeads * headDim; channel++) {
        Arrays.fill(keys[layer], channel * SIZE + from, channel * SIZE + to, (short) 0);
      }
      for (int h = 0; h < kvHeads; h++) {
        int head = h * SIZE * headDim;
        Arrays.fill(values[layer], head + from * headDim, head + to * headDim, (short) 0);
      }
    }
  }

  @Override
  public HalfBlock copy(int count) {
    HalfBlock copy = new HalfBlock(keys.length, kvHeads, headDim);
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

  private short[][] array(CacheTensor tensor) {
    return switch (tensor) {
      case KEYS -> keys;
      case VALUES -> values;
      case KEY_SCALES, VALUE_SCALES -> throw new IllegalArgumentException(tensor.toString());
    };
  }
}
