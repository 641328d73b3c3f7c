package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;

/**
 * The numbers behind encoded weights in super-blocks of {@value SuperBlockKernels#COLUMNS} columns,
 * {@code W = d · scale · (level − centre) − dmin · minimum}, as {@link SuperBlockFormat} has them.
 *
 * <p>Safe to use from several threads at once.
 */
public interface SuperBlocks {

  /** What the numbers are. */
  SuperBlockFormat format();

  /** Reads the numbers, for one caller at a time. */
  Reader reader();

  /** Reads super-block by super-block. */
  @FunctionalInterface
  interface Reader {

    /**
     * Reads one super-block of a row.
     *
     * @param row 0 … rows − 1
     * @param number of the super-block in its row
     * @param levels [256] as stored: 0 … 2ᵇ − 1
     * @param scales [256 / columns of a scale]
     * @param minima likewise, where the format has some
     * @param halves [2]: d, and dmin where the format has minima, in half precision
     */
    void read(int row, int number, byte[] levels, byte[] scales, byte[] minima, short[] halves);
  }
}
