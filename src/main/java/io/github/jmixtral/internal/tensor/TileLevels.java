package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;

/**
 * The integers and scales in tiles, to store them in another order.
 *
 * @param tiles weights of 4 or 8 bits
 */
public record TileLevels(QuantizedMatrix tiles) implements Levels {

  @Override
  public void read(int row, int col, int count, int[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = Tiles.level(tiles, row, col + i);
    }
  }

  @Override
  public float scale(int row, int group) {
    return Tiles.scale(tiles, row, group * QuantizedKernels.GROUP);
  }

  @Override
  public int lowest() {
    return tiles.format().lowest();
  }

  @Override
  public int highest() {
    return tiles.format().highest();
  }
}
