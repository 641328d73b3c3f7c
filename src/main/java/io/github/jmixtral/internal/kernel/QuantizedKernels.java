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
 * a group tile by tile, so that a block is one sequential stream.
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
 * <p>Sums of several tokens lie {@link #SUMS} apart. Arguments are the caller's responsibility;
 * they are checked only where assertions are enabled.
 */
public sealed interface QuantizedKernels permits ScalarQuantizedKernels, VectorQuantizedKernels {

  /**
   * Columns that share a scale: as in GGUF's blocks and most packers' groups. A lane sums 16 of
   * them, which just fits 16 bits.
   */
  int GROUP = 32;

  /** Pairs of columns in a group. */
  int PAIRS = GROUP / 2;

  /** Rows of a tile: with two lanes each, one 512-bit vector of shorts. */
  int ROWS = 16;

  /**
   * Tiles of a block at most: over 8 tiles a token's 16 activation vectors are loaded once, two
   * loads for each tile in the place of 16. Their sums, with {@link #STREAMS} blocks 2 KiB, stay in
   * the first cache. Files store blocks, so this is also a part of the format.
   */
  int BLOCK = 8;

  /** Floats from one token's sums to the next one's: the rows of a block. */
  int SUMS = BLOCK * ROWS;

  /**
   * How many blocks at most one token is multiplied with side by side: a tile of each in turn. The
   * arithmetic of a tile fills a core's window of instructions, so that few lines of one stream are
   * on their way at a time; and a page's end stops the processor's prefetching. From memory, two
   * threads of a Xeon (Emerald Rapids) read 15 GB/s of one stream, 17.5 of two and 18.5 of four.
   */
  int STREAMS = 4;

  /** Bytes of one plane of nibbles of a tile. */
  int NIBBLE_BYTES = ROWS * GROUP / 2;

  /** Bytes of a tile's scales. */
  int SCALE_BYTES = ROWS * Short.BYTES;

  /**
   * Tokens that {@link #multiplyPanel4} takes at a time: 6 tokens × 2 vectors of rows are 12 sums,
   * which with weights and activations fill the 32 registers of AVX-512 and hide an addition's
   * latency. Of the shapes tried on Zen 4 (Temurin 25), 7 × 2, 8 × 2, 9 × 2, 4 × 3, 3 × 3 and 5 × 3
   * were not faster; 10 × 2, 12 × 2, 5 × 4 and 8 × 3 exceed what C2 compiles, and run 150 times
   * slower.
   */
  int TOKENS = 6;

  /** Rows of a panel: two tiles, the two 512-bit vectors that {@link #TOKENS} multiply. */
  int PANEL_ROWS = 2 * ROWS;

  /** Shorts that a panel holds for one group of one plane. */
  int PANEL_GROUP = PANEL_ROWS * GROUP;

  /**
   * Rounds one token's activations to 8 bits.
   *
   * @param x [groups · 32] at {@code xOffset}
   * @param out its groups from {@code firstGroup} on are overwritten
   */
  void quantize(float[] x, int xOffset, int groups, RoundedActivations out, int firstGroup);

  /**
   * One token over some blocks of 4- or 8-bit weights, as many streams of memory: adds the groups'
   * totals to {@code sums}.
   *
   * @param block byte offset of the first block
   * @param stride bytes from one block to the next
   * @param blocks how many there are, at most {@link #STREAMS}
   * @param tiles tiles of each block
   * @param groups groups of a row
   * @param firstGroup the token's first group in {@code x}
   * @param sums [blocks][{@link #SUMS}], of each the first tiles · 16 updated
   */
  void multiplyOne(
      TileFormat format,
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
   * Two tokens over a block of 4-bit weights: adds the groups' totals to {@code sums}.
   *
   * @param tiles tiles of the block: an even number
   * @param firstGroups [2]: the tokens' first groups in {@code x}
   * @param sums [tokens][{@link #SUMS}] at {@code sumsOffset}, of each the first tiles · 16 updated
   */
  void multiplyTwo4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset);

  /**
   * Four tokens over a block of 4-bit weights, as {@link #multiplyTwo4}: 4 tokens × 2 tiles are 8
   * sums, and each nibble is shifted into place once for all four.
   */
  void multiplyFour4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset);

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
   * @param firstGroups [{@value #TOKENS}]: the tokens' first groups in {@code x}
   * @param sums [tokens][{@link #SUMS}] at {@code sumsOffset}, of each the first 32 updated
   */
  void multiplyPanel4(
      short[] panel,
      float[] panelScales,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset);

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
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset);
}
