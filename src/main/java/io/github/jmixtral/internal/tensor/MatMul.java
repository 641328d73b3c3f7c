package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.RowKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.util.ArrayList;
import java.util.List;

/**
 * Products of weight matrices with activations, {@code out[t] = W · x[t]}, several of them in one
 * parallel step: add them, then run.
 *
 * <pre>{@code
 * matMul.add(qProj, x, 0, tokens, q, 0);
 * matMul.add(kProj, x, 0, tokens, k, 0);
 * matMul.run();
 * }</pre>
 *
 * <p>The work is cut into items of some rows × some tokens, which the team's threads draw one by
 * one. The items of one stretch of rows follow each other, so that its weights come from memory
 * once. No sum is cut: an output's bits depend neither on the number of threads nor on the tokens
 * beside it.
 *
 * <p>Holds scratch memory: belongs to one session at a time.
 */
public final class MatMul implements ThreadTeam.Step {

  /** Fewer multiply-adds than this are done before another thread has woken up. */
  private static final long WORTH_SHARING = 1 << 16;

  /** Groups of activations that one work item rounds: 8192 floats, a few microseconds. */
  private static final int ROUND_GROUPS = 256;

  /** Fewer items of rounding than this are done before another thread has woken up. */
  private static final int ROUND_WORTH_SHARING = 9;

  /** Items of a run for each thread at least, so that none waits long for the last one. */
  private static final int ITEMS_OF_THREAD = 8;

  private final RowKernels rowKernels;
  private final QuantizedKernels quantizedKernels;
  private final ThreadTeam team;
  private final boolean roundsActivations;
  private final Worker[] workers;
  private final Activations activations = new Activations();
  private final ThreadTeam.Step roundStep = this::roundActivations;
  private final List<Product> products = new ArrayList<>();
  private int added;

  /**
   * Makes the products of one session.
   *
   * @param roundsActivations whether quantised weights are multiplied with activations rounded to 8
   *     bits, which is fast, or widened and multiplied in single precision
   */
  public MatMul(Kernels kernels, ThreadTeam team, boolean roundsActivations) {
    this.rowKernels = kernels.row();
    this.quantizedKernels = kernels.quantized();
    this.team = team;
    this.roundsActivations = roundsActivations;
    workers = new Worker[team.size()];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(kernels);
    }
  }

  /**
   * Adds a product to the next run.
   *
   * @param x activations [tokens, cols] from {@code xOffset} on
   * @param out [tokens, rows] from {@code outOffset} on, overwritten
   */
  public void add(
      WeightMatrix weights, float[] x, int xOffset, int tokens, float[] out, int outOffset) {
    add(weights, null, x, xOffset, tokens, out, outOffset);
  }

  /**
   * Adds the first half of an expert to the next run: {@code out[t] = silu(gate · x[t]) ⊙ (up ·
   * x[t])}.
   *
   * @param x activations [tokens, cols] from {@code xOffset} on
   * @param out [tokens, rows] from {@code outOffset} on, overwritten
   */
  public void addGated(
      WeightMatrix gate,
      WeightMatrix up,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset) {
    add(gate, up, x, xOffset, tokens, out, outOffset);
  }

  private void add(
      WeightMatrix weights,
      WeightMatrix up,
      float[] x,
      int xOffset,
      int tokens,
      float[] out,
      int outOffset) {
    if (added == products.size()) {
      products.add(new Product());
    }
    Product product = products.get(added);
    if (roundsActivations && weights.isTiled() && (up == null || up.isTiled())) {
      int firstGroup = addRounded(weights, x, xOffset, tokens);
      int upFirstGroup = up == null ? -1 : addRounded(up, x, xOffset, tokens);
      product.set(tiles(weights), tiles(up), x, xOffset, tokens, out, outOffset);
      product.setGroups(firstGroup, upFirstGroup);
    } else {
      product.set(weights, up, x, xOffset, tokens, out, outOffset);
    }
    added++;
  }

  private int addRounded(WeightMatrix weights, float[] x, int xOffset, int tokens) {
    int count = Math.multiplyExact(tokens, weights.cols());
    ColumnOrder order = weights instanceof ReorderedMatrix reordered ? reordered.order() : null;
    switch (tiles(weights)) {
      case OffsetMatrix _ -> activations.addSums();
      case SuperBlockMatrix _ -> activations.addHalfSums();
      case QuantizedMatrix _, FloatMatrix _, EncodedMatrix _, ReorderedMatrix _ -> {}
    }
    return activations.add(x, xOffset, count, order);
  }

  private static WeightMatrix tiles(WeightMatrix weights) {
    return weights instanceof ReorderedMatrix reordered ? reordered.tiles() : weights;
  }

  /** Computes what has been added since the last run. */
  public void run() {
    int items = 0;
    long multiplyAdds = 0;
    int rowsOfOne = rowsOfOne();
    for (int i = 0; i < added; i++) {
      Product product = products.get(i);
      product.rowsOfOne = rowsOfOne;
      product.firstItem = items;
      items += product.items();
      multiplyAdds += product.multiplyAdds();
    }
    try {
      if (activations.groups() > 0) {
        activations.requireRoom();
        int parts = (activations.groups() + ROUND_GROUPS - 1) / ROUND_GROUPS;
        run(parts, roundStep, parts >= ROUND_WORTH_SHARING);
      }
      run(items, this, multiplyAdds >= WORTH_SHARING);
    } finally {
      for (int i = 0; i < added; i++) {
        products.get(i).clear();
      }
      added = 0;
      activations.clear();
    }
  }

  /** Rows of an item of one token: blocks side by side, as long as there are items for all. */
  private int rowsOfOne() {
    long rows = 0;
    for (int i = 0; i < added; i++) {
      Product product = products.get(i);
      if (product.rounded() && product.tokens == 1) {
        rows += product.weights.rows();
      }
    }
    int rowsOfOne = QuantizedMultiplier.ROWS_OF_ONE;
    while (rowsOfOne > QuantizedMultiplier.ROWS
        && rows < (long) rowsOfOne * ITEMS_OF_THREAD * team.size()) {
      rowsOfOne /= 2;
    }
    return rowsOfOne;
  }

  private void run(int items, ThreadTeam.Step step, boolean shared) {
    if (shared) {
      team.run(items, step);
    } else {
      for (int item = 0; item < items; item++) {
        step.run(item, 0);
      }
    }
  }

  private void roundActivations(int item, int worker) {
    int first = item * ROUND_GROUPS;
    activations.round(
        quantizedKernels,
        first,
        Math.min(first + ROUND_GROUPS, activations.groups()),
        workers[worker].ordered);
  }

  /** One item of the current run; called by the team. */
  @Override
  public void run(int number, int worker) {
    int index = 0;
    while (index + 1 < added && number >= products.get(index + 1).firstItem) {
      index++;
    }
    Product product = products.get(index);
    Worker own = workers[worker];
    WorkItem item = own.item;
    product.cut(number - product.firstItem, item);
    multiply(product, product.weights, product.firstGroup, own);
    if (product.up != null) {
      int gate = item.outOffset;
      item.putInto(own.up, 0, item.rows());
      multiply(product, product.up, product.upFirstGroup, own);
      for (int t = 0; t < item.tokens; t++) {
        int to = gate + t * product.weights.rows();
        rowKernels.siluMultiply(product.out, to, own.up, item.outOf(t), item.rows());
      }
    }
  }

  private void multiply(Product product, WeightMatrix weights, int firstGroup, Worker own) {
    if (product.rounded() && weights instanceof SuperBlockMatrix matrix) {
      own.superBlocks.multiply(matrix, own.item, activations.rounded(), firstGroup);
    } else if (product.rounded() && weights instanceof TiledMatrix tiled) {
      own.quantized.multiply(tiled.quantized(), own.item, activations.rounded(), firstGroup);
      if (tiled instanceof OffsetMatrix offset) {
        own.offsets.add(offset, own.item, activations, firstGroup);
      }
    } else {
      own.floats.multiply(weights, own.item, product.x, product.xOffset);
    }
  }

  /** A product waiting for the next run. */
  private static final class Product {
    private WeightMatrix weights;
    private WeightMatrix up;
    private float[] x;
    private int xOffset;
    private int tokens;
    private float[] out;
    private int outOffset;
    private int firstGroup;
    private int upFirstGroup;
    private int firstItem;
    private int rowsOfOne;

    void set(
        WeightMatrix weights,
        WeightMatrix up,
        float[] x,
        int xOffset,
        int tokens,
        float[] out,
        int outOffset) {
      this.weights = weights;
      this.up = up;
      this.x = x;
      this.xOffset = xOffset;
      this.tokens = tokens;
      this.out = out;
      this.outOffset = outOffset;
      setGroups(-1, -1);
    }

    /** Says where the rounded activations of the weights, and of {@code up}, begin. */
    void setGroups(int firstGroup, int upFirstGroup) {
      this.firstGroup = firstGroup;
      this.upFirstGroup = upFirstGroup;
    }

    void clear() {
      set(null, null, null, 0, 0, null, 0);
    }

    /** Whether the activations are rounded to 8 bits. */
    boolean rounded() {
      return firstGroup >= 0;
    }

    /** Says which rows and tokens an item of that number is. */
    void cut(int number, WorkItem item) {
      int whole = wholeRows();
      item.rowStart = Math.min(number / tokenBlocks() * rowsOfItem(), whole);
      int end = item.rowStart < whole ? whole : weights.rows();
      item.rowEnd = Math.min(item.rowStart + rowsOfItem(), end);
      item.tokenStart = number % tokenBlocks() * tokensOfItem();
      item.tokens = Math.min(tokensOfItem(), tokens - item.tokenStart);
      int first = outOffset + item.tokenStart * weights.rows() + item.rowStart;
      item.putInto(out, first, weights.rows());
    }

    int tokensOfItem() {
      return rounded() ? QuantizedMultiplier.TOKENS : FloatMultiplier.TOKENS;
    }

    int rowsOfItem() {
      if (rounded()) {
        return tokens == 1 ? rowsOfOne : QuantizedMultiplier.ROWS;
      }
      return FloatMultiplier.ROWS;
    }

    /** All rows but those of a last block that is not whole: that is an item of its own. */
    int wholeRows() {
      return rounded()
          ? weights.rows() - weights.rows() % QuantizedMultiplier.ROWS
          : weights.rows();
    }

    int tokenBlocks() {
      return (tokens + tokensOfItem() - 1) / tokensOfItem();
    }

    int items() {
      int whole = wholeRows();
      int stretches = (whole + rowsOfItem() - 1) / rowsOfItem() + (whole < weights.rows() ? 1 : 0);
      return stretches * tokenBlocks();
    }

    long multiplyAdds() {
      return (long) weights.rows() * weights.cols() * tokens * (up == null ? 1 : 2);
    }
  }

  /** One worker's multipliers, and room for the second half of a gated product. */
  private static final class Worker {
    private final FloatMultiplier floats;
    private final QuantizedMultiplier quantized;
    private final OffsetMultiplier offsets;
    private final SuperBlockMultiplier superBlocks;
    private final WorkItem item = new WorkItem();
    private final float[] ordered = new float[QuantizedKernels.GROUP];
    private final float[] up = new float[QuantizedMultiplier.TOKENS * QuantizedMultiplier.ROWS];

    Worker(Kernels kernels) {
      floats = new FloatMultiplier(kernels.matrix());
      quantized = new QuantizedMultiplier(kernels.quantized());
      offsets = new OffsetMultiplier();
      superBlocks = new SuperBlockMultiplier(kernels.superBlocks());
    }
  }
}
