package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Inner loops of {@code out[t][r] = Σ_c W[r, c] · x[t][c]} for weights of 2 to 6 bits in
 * super-blocks, and activations rounded as {@link QuantizedKernels} describes.
 *
 * <p><b>Weights.</b> A row is cut into super-blocks of {@link #COLUMNS} columns (the last may be
 * shorter), these into scale groups of 16 or 32 columns. A weight is
 *
 * <pre>  W = d · scale · level − dmin · minimum  </pre>
 *
 * where {@code d} and {@code dmin} are a super-block's half-precision numbers, {@code scale} and
 * {@code minimum} a scale group's small integers, and {@code level} has 2 to 6 bits: {@link
 * SuperBlockFormat} has the ranges. That is what ggml's K-quants hold, so these fit exactly.
 *
 * <p><b>Layout.</b> A tile is {@link QuantizedKernels#ROWS} rows; up to {@link
 * QuantizedKernels#BLOCK} tiles below each other are a block, which is stored super-block by
 * super-block. A super-block has for each tile a header: 16 {@code d}, 16 {@code dmin} (where there
 * are minima), then the integer scales of each row, 4 bytes to an int, in 16 ints for the first
 * four scale groups, 16 for the next, and the minima likewise (in Q2 a byte holds both, the scale
 * lower). Then the levels follow, group of 32 columns by group, within it tile by tile, in planes:
 *
 * <pre>
 *   4 bits   4 times 32 shorts of nibbles, as QuantizedKernels has them
 *   2 bits   2 times 32 shorts; nibble n of one holds in its lower half column n of nibbles' first
 *            (second: third) shorts, in its upper half of their second (fourth) ones
 *   1 bit    32 shorts; bit j of nibble n belongs to nibble n of shorts j
 * </pre>
 *
 * Q3 has a plane of 2 bits and one of the third bits, Q5 nibbles and fifth bits, Q6 nibbles and a
 * plane of 2 upper bits. So each plane, masked, is a plane of nibbles, which the same transformed
 * activations multiply. For one token, levels of 5 and 6 bits are put together in bytes, which
 * activations of their own multiply once.
 *
 * <p><b>Products.</b> The integer sum {@code S} of levels times activations of a scale group is
 * exact, and so is {@code S · scale} in single precision: at most 2²⁴. Then
 *
 * <pre>
 *   part = fma(S · scale, x scale, part)            for each scale group, in ascending order
 *   sum  = fma(d, part, sum)                        for each super-block
 *   minPart = fma(minimum, Σ x · x scale, minPart)  likewise
 *   minSum  = fma(dmin, minPart, minSum)
 *   out  = sum − minSum
 * </pre>
 *
 * So every kernel here gives the same bits, on vectors of any width, for any number of tokens.
 */
public sealed interface SuperBlockKernels permits ScalarSuperBlockKernels, VectorSuperBlockKernels {

  /** Columns of a super-block. */
  int COLUMNS = 256;

  /** The smaller number of tokens that {@link #multiplyPanel} takes. */
  int FEWER_TOKENS = 4;

  /** Groups of 32 columns, which share an activation's scale, in a super-block. */
  int GROUPS = COLUMNS / QuantizedKernels.GROUP;

  /**
   * One token over some blocks, as many streams of memory: adds to its sums, and to those of the
   * minima.
   *
   * @param block byte offset of the first block
   * @param stride bytes from one block to the next
   * @param blocks how many there are, at most {@link QuantizedKernels#STREAMS}
   * @param tiles tiles of each block
   * @param groups groups of 32 columns of a row
   * @param firstGroup the token's first group in {@code x}, whose halves are summed
   * @param sums [4][{@link QuantizedKernels#STREAMS}][{@link QuantizedKernels#SUMS}]: the sums,
   *     those of the minima, and twice room for parts
   */
  void multiplyOne(
      SuperBlockFormat format,
      MemorySegment weights,
      long block,
      long stride,
      int blocks,
      int tiles,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums);

  /**
   * Unpacks one tile of one super-block into a panel.
   *
   * @param header byte offset of the tile's header
   * @param levels byte offset of the tile's levels in the first group
   * @param stride bytes from one group's levels to the next one's
   * @param groups groups of the super-block
   * @param tile 0 or 1: which half of the panel's rows
   */
  void unpack(
      SuperBlockFormat format,
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int groups,
      SuperBlockPanel panel,
      int tile);

  /**
   * A panel times {@link QuantizedKernels#TOKENS} or {@link #FEWER_TOKENS} tokens.
   *
   * @param groups groups of the super-block
   * @param firstGroups the tokens' groups in {@code x} where the super-block begins
   * @param tokens how many there are, six or four
   * @param sums [tokens][{@link QuantizedKernels#SUMS}] at {@code sumsOffset}, of each the first 32
   *     updated
   * @param minimaSums likewise, updated where the format has minima
   */
  void multiplyPanel(
      SuperBlockFormat format,
      SuperBlockPanel panel,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      int tokens,
      float[] sums,
      float[] minimaSums,
      int sumsOffset);
}
