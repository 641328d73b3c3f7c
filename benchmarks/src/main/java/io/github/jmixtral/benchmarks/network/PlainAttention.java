package io.github.jmixtral.benchmarks.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.MatMul;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Attention as the formula says it: all scores of a head are written to memory, then a softmax over
 * each row, then the product with the values. The products are the library's own; scores come in
 * blocks of {@value #QUERIES} queries × the keys before the block's end, so that what the causal
 * mask hides is not computed, but for the triangle at the diagonal.
 *
 * <pre>
 * block b of a head: scores[b] [QUERIES, (b + 1) · QUERIES] = queries[b] · keysᵀ
 *                    scores[b] = softmax(scores[b] · scale) by rows, 0 beyond the diagonal
 *                    mixed[b] [QUERIES, headDim] = scores[b] · values
 * </pre>
 */
final class PlainAttention {
  private static final int QUERIES = 256;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final float scale;
  private final int tokens;
  private final int blocks;
  private final ThreadTeam team;
  private final MatMul matMul;

  /** Keys by head: [kvHeads][tokens, headDim]. */
  private final MemorySegment keys;

  /** Values by head and block: all up to the block's end, [headDim, end of the block]. */
  private final MemorySegment[][] values;

  /** Queries by head: [heads][tokens, headDim]. */
  private final float[][] queries;

  /** A head's scores, block by block. */
  private final float[][] scores;

  /** A head's results [tokens, headDim]. */
  private final float[] result;

  /**
   * Lays queries, keys and values out for the products.
   *
   * @param tokens a multiple of 128
   * @param queries [tokens, heads, headDim]
   * @param keys [tokens, kvHeads, headDim]
   * @param values [tokens, kvHeads, headDim]
   */
  PlainAttention(
      MixtralConfig config,
      ThreadTeam team,
      Arena arena,
      int tokens,
      float[] queries,
      float[] keys,
      float[] values) {
    this.team = team;
    this.tokens = tokens;
    heads = config.numAttentionHeads();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    scale = (float) (1 / Math.sqrt(headDim));
    blocks = (tokens + QUERIES - 1) / QUERIES;
    matMul = new MatMul(Kernels.detected(), team, true);
    this.queries = new float[heads][tokens * headDim];
    for (int h = 0; h < heads; h++) {
      for (int t = 0; t < tokens; t++) {
        System.arraycopy(queries, (t * heads + h) * headDim, this.queries[h], t * headDim, headDim);
      }
    }
    this.keys = arena.allocate((long) kvHeads * tokens * headDim * Float.BYTES, 64);
    this.values = new MemorySegment[kvHeads][blocks];
    for (int h = 0; h < kvHeads; h++) {
      for (int t = 0; t < tokens; t++) {
        int from = (t * kvHeads + h) * headDim;
        long to = ((long) h * tokens + t) * headDim * Float.BYTES;
        MemorySegment.copy(keys, from, this.keys, ValueLayout.JAVA_FLOAT, to, headDim);
      }
      for (int b = 0; b < blocks; b++) {
        this.values[h][b] = transpose(arena, values, h, end(b));
      }
    }
    scores = new float[blocks][];
    for (int b = 0; b < blocks; b++) {
      scores[b] = new float[count(b) * end(b)];
    }
    result = new float[tokens * headDim];
  }

  private MemorySegment transpose(Arena arena, float[] values, int kvHead, int end) {
    MemorySegment transposed = arena.allocate((long) headDim * end * Float.BYTES, 64);
    for (int d = 0; d < headDim; d++) {
      for (int t = 0; t < end; t++) {
        float value = values[(t * kvHeads + kvHead) * headDim + d];
        transposed.setAtIndex(ValueLayout.JAVA_FLOAT, (long) d * end + t, value);
      }
    }
    return transposed;
  }

  /** End of a block's queries, and of the keys that they see. */
  private int end(int block) {
    return Math.min(tokens, (block + 1) * QUERIES);
  }

  /** Queries of a block. */
  private int count(int block) {
    return end(block) - block * QUERIES;
  }

  /** Bytes of a head's scores: what grows with the square of the length. */
  long scratchBytes() {
    long floats = 0;
    for (float[] block : scores) {
      floats += block.length;
    }
    return Float.BYTES * floats;
  }

  /**
   * Computes attention.
   *
   * @param mixed [tokens, heads, headDim], overwritten
   */
  void run(float[] mixed) {
    for (int head = 0; head < heads; head++) {
      int kvHead = head / (heads / kvHeads);
      long keysOfHead = (long) tokens * headDim * Float.BYTES;
      for (int b = 0; b < blocks; b++) {
        long seen = (long) end(b) * headDim * Float.BYTES;
        var matrix =
            new FloatMatrix(
                FloatFormat.F32, keys.asSlice(kvHead * keysOfHead, seen), end(b), headDim);
        matMul.add(matrix, queries[head], b * QUERIES * headDim, count(b), scores[b], 0);
      }
      matMul.run();
      team.run(tokens, (token, _) -> softmax(token));
      for (int b = 0; b < blocks; b++) {
        var matrix = new FloatMatrix(FloatFormat.F32, values[kvHead][b], headDim, end(b));
        matMul.add(matrix, scores[b], 0, count(b), result, b * QUERIES * headDim);
      }
      matMul.run();
      for (int t = 0; t < tokens; t++) {
        System.arraycopy(result, t * headDim, mixed, (t * heads + head) * headDim, headDim);
      }
    }
  }

  private void softmax(int token) {
    int block = token / QUERIES;
    int width = end(block);
    softmaxRow(scores[block], token % QUERIES * width, token + 1, width, scale);
  }

  /** A row's softmax over its first {@code visible} scores; the rest becomes 0. */
  private static void softmaxRow(float[] row, int offset, int visible, int width, float scale) {
    Arrays.fill(row, offset + visible, offset + width, Float.NEGATIVE_INFINITY);
    FloatVector largest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < width; i += FLOATS.length()) {
      largest = largest.max(FloatVector.fromArray(FLOATS, row, offset + i));
    }
    float maximum = largest.reduceLanes(VectorOperators.MAX) * scale;
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < width; i += FLOATS.length()) {
      FloatVector power =
          FloatVector.fromArray(FLOATS, row, offset + i)
              .mul(scale)
              .sub(maximum)
              .lanewise(VectorOperators.EXP);
      power.intoArray(row, offset + i);
      sum = sum.add(power);
    }
    float factor = 1 / sum.reduceLanes(VectorOperators.ADD);
    for (int i = 0; i < width; i += FLOATS.length()) {
      FloatVector.fromArray(FLOATS, row, offset + i).mul(factor).intoArray(row, offset + i);
    }
  }
}
