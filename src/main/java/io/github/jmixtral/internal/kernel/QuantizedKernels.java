package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Inner loops of {@code out[t][r] = Σ_c W[r, c] · x[t][c]} for 4- and 8-bit weights and 8-bit
 * activations, in 16-bit lanes.
 *
 * <p><b>Weights.</b> A weight is {@code scale · q}, one scale for each row and group of {@link
 * #GROUP} columns. A <i>tile</i> is {@link #ROWS} rows of one group: 256 bytes of nibbles, then the
 * rows' 16 half-precision scales. The nibbles are 4 times 32 shorts; short {@code 2r + o} of number
 * {@code j} holds, lowest nibble first, row r's columns {@code 8j + o, 8j + 2 + o, 8j + 4 + o, 8j +
 * 6 + o}, each as {@code q + 8}. An 8-bit weight is {@code q = 16 · high + low}; its tile is 256
 * bytes of high nibbles ({@code high + 8}), 256 bytes of low ones (0 … 15), and the scales. Up to
 * {@link #BLOCK} tiles below each other are a <i>block</i>, which is stored group by group, within
 * a group tile by tile: one sequential stream, which memory delivers fastest.
 *
 * <p><b>Activations.</b> Each token's group of 32 has a scale of its own, the largest absolute
 * value divided by 127. {@code pairs} holds, for each of the 16 (column, next column) pairs, both
 * integers in one int, already transformed: a product keeps its low 16 bits, so all is exact modulo
 * 2¹⁶ as long as the sum of a lane fits, which it does: at most 16 · 8 · 127 for high nibbles, 16 ·
 * 15 · 127 for low ones. So a kernel need not cut nibble n out of its short: it multiplies the
 * short shifted right by 4n, higher nibbles and all, with {@code x'ₙ = xₙ − 16 · xₙ₋₁}, and what
 * the higher nibbles added goes away with the next pair. {@code corrections} holds the lanes'
 * {@code −8 · Σ x}, which takes the offset of the nibbles back.
 *
 * <p>Integers are exact, and a group's total enters a row's sum by one fused multiply-add with
 * {@code weight scale · activation scale}, groups in ascending order. So every kernel here gives
 * the same bits, on vectors of any width, for any number of tokens.
 *
 * <p>Arguments are trusted: whoever calls has checked them.
 */
public sealed interface QuantizedKernels permits ScalarQuantizedKernels, VectorQuantizedKernels {

  /** Columns that share a scale. */
  int GROUP = 32;

  /** Pairs of columns in a group. */
  int PAIRS = GROUP / 2;

  /** Rows of a tile. */
  int ROWS = 16;

  /** Tiles of a block at most. */
  int BLOCK = 8;

  /** Bytes of one plane of nibbles of a tile. */
  int NIBBLE_BYTES = ROWS * GROUP / 2;

  /** Bytes of a tile's scales. */
  int SCALE_BYTES = ROWS * Short.BYTES;

  /** Bytes of a tile of 4-bit weights: 4.5 bits a weight. */
  int TILE_BYTES_4 = NIBBLE_BYTES + SCALE_BYTES;

  /** Bytes of a tile of 8-bit weights: 8.5 bits a weight. */
  int TILE_BYTES_8 = 2 * NIBBLE_BYTES + SCALE_BYTES;

  /** Tokens of {@link #multiplyFew4} at most. */
  int FEW = 4;

  /** Tokens that {@link #multiplyPanel4} takes at a time. */
  int TOKENS = 6;

  /** Rows of a panel: two tiles. */
  int PANEL_ROWS = 2 * ROWS;

  /** Shorts that a panel holds for one group of one plane. */
  int PANEL_GROUP = PANEL_ROWS * GROUP;

  /**
   * Rounds one token's activations to 8 bits.
   *
   * @param x [groups · 32] at {@code xOffset}
   * @param pairs [groups · 16] from {@code firstGroup · 16} on
   * @param corrections [groups] from {@code firstGroup} on
   * @param scales [groups] from {@code firstGroup} on
   */
  void quantize(
      float[] x,
      int xOffset,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup);

  /**
   * One token over a block of 4-bit weights: adds the groups' totals to {@code sums}.
   *
   * @param block byte offset of the block
   * @param tiles tiles of the block
   * @param firstGroup the token's first group in {@code pairs}, {@code corrections}, {@code scales}
   * @param sums [tiles · 16] from 0 on, updated
   */
  void multiply4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums);

  /**
   * Two or four tokens over a block of 4-bit weights: adds the groups' totals to {@code sums}.
   *
   * @param tiles tiles of the block: an even number
   * @param firstGroups by token: its first group
   * @param tokens 2, or {@value #FEW}
   * @param sums [tokens][tiles · 16], a token's rows {@code sumsStride} after the one before's,
   *     updated
   */
  void multiplyFew4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      int tokens,
      float[] sums,
      int sumsOffset,
      int sumsStride);

  /** One token over a block of 8-bit weights, as {@link #multiply4}. */
  void multiply8(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums);

  /**
   * Unpacks one plane of nibbles of a tile, for some groups: shifted into place, higher nibbles and
   * all.
   *
   * @param plane byte offset of the plane of the first group
   * @param groupBytes from one group to the next
   * @param panel for each group 16 pairs of 32 shorts, {@link #PANEL_ROWS} · 2 shorts apart; groups
   *     are {@link #PANEL_GROUP} shorts apart, the first at {@code panelOffset}
   */
  void unpackNibbles(
      MemorySegment weights,
      long plane,
      long groupBytes,
      int groups,
      short[] panel,
      int panelOffset);

  /**
   * Widens the 16 scales of a tile, for some groups.
   *
   * @param at byte offset of the first group's scales
   * @param groupBytes from one group to the next
   * @param scales for each group 16 scales; groups are {@link #PANEL_ROWS} apart, the first at
   *     {@code offset}
   */
  void unpackScales(
      MemorySegment weights, long at, long groupBytes, int groups, float[] scales, int offset);

  /**
   * A panel of 4-bit weights, two tiles × some groups, times {@value #TOKENS} tokens.
   *
   * @param panel [groups][16 pairs][32 rows × 2]
   * @param panelScales [groups][32 rows]
   * @param firstGroups [{@value #TOKENS}]: the tokens' first groups in {@code pairs}, {@code
   *     corrections} and {@code scales}
   * @param sums [tokens][32 rows], a token's rows {@code sumsStride} after the one before's,
   *     updated
   */
  void multiplyPanel4(
      short[] panel,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride);

  /**
   * The same for 8-bit weights.
   *
   * @param high the high nibbles' panel, as {@code panel} above
   * @param low the low nibbles' panel
   */
  void multiplyPanel8(
      short[] high,
      short[] low,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride);
}
