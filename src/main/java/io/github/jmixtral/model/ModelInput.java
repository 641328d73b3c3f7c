package io.github.jmixtral.model;

import io.github.jmixtral.config.MixtralConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a forward pass takes and what it is to return. Immutable; arrays are not copied, so leave
 * them alone while a pass runs.
 *
 * <pre>{@code
 * ModelInput input = ModelInput.ofIds(tokenizer.encode("Hello"))
 *     .withLogitsToKeep(1)
 *     .withOutputHiddenStates(true);
 * }</pre>
 */
public final class ModelInput {

  /** The label that the loss leaves out. */
  public static final int IGNORED_LABEL = -100;

  private final int[][] inputIds;
  private final float[][][] inputEmbeddings;
  private final int[][] attentionMask;
  private final int[][] positionIds;
  private final List<KeyValueCache> caches;
  private final int logitsToKeep;
  private final int[][] labels;
  private final boolean outputHiddenStates;
  private final boolean outputAttentions;
  private final Optional<Boolean> outputRouterLogits;

  private ModelInput(Draft draft) {
    inputIds = draft.inputIds;
    inputEmbeddings = draft.inputEmbeddings;
    attentionMask = draft.attentionMask;
    positionIds = draft.positionIds;
    caches = draft.caches;
    logitsToKeep = draft.logitsToKeep;
    labels = draft.labels;
    outputHiddenStates = draft.outputHiddenStates;
    outputAttentions = draft.outputAttentions;
    outputRouterLogits = draft.outputRouterLogits;
  }

  /**
   * Token ids.
   *
   * @param inputIds [batch, columns]; sequences of different lengths are padded and masked
   */
  public static ModelInput ofIds(int[]... inputIds) {
    if (inputIds.length == 0 || inputIds[0].length == 0) {
      throw new IllegalArgumentException("inputIds: expected at least one, found none");
    }
    requireRectangle("inputIds", inputIds, inputIds.length, inputIds[0].length);
    Draft draft = new Draft();
    draft.inputIds = inputIds;
    return new ModelInput(draft);
  }

  /**
   * Embeddings in the place of ids.
   *
   * @param inputEmbeddings [batch, columns, hidden]
   */
  public static ModelInput ofEmbeddings(float[][][] inputEmbeddings) {
    if (inputEmbeddings.length == 0 || inputEmbeddings[0].length == 0) {
      throw new IllegalArgumentException("inputEmbeddings: expected at least one, found none");
    }
    for (float[][] sequence : inputEmbeddings) {
      if (sequence.length != inputEmbeddings[0].length) {
        throw new IllegalArgumentException(
            "inputEmbeddings: expected "
                + inputEmbeddings[0].length
                + " columns in every sequence, found "
                + sequence.length);
      }
    }
    Draft draft = new Draft();
    draft.inputEmbeddings = inputEmbeddings;
    return new ModelInput(draft);
  }

  /**
   * Hides columns: 0 is padding, 1 is seen. What stands at padding in the outputs means nothing.
   *
   * <p>Hidden ids are never stored in a cache, and stored ids stay visible: where a row is longer
   * than the columns, its part before the last columns must have as many ones as the cache holds
   * ids, in any order; the forward pass refuses others. Positions of visible ids are counted
   * without holes, unless {@link #withPositionIds} gives them; the reference's {@code forward}
   * takes the column's number instead.
   *
   * @param mask [batch, columns], or [batch, past + columns]
   */
  public ModelInput withAttentionMask(int[][] mask) {
    if (mask.length != batchSize()) {
      throw new IllegalArgumentException(
          "attentionMask: expected " + batchSize() + " rows, found " + mask.length);
    }
    for (int[] row : mask) {
      if (row.length < columns()) {
        throw new IllegalArgumentException(
            "attentionMask: expected at least " + columns() + " columns, found " + row.length);
      }
    }
    Draft draft = new Draft(this);
    draft.attentionMask = mask;
    return new ModelInput(draft);
  }

  /**
   * Sets the positions that the rotary embedding takes. Without it an id's position is the number
   * of visible ids before it, those in the cache included; the reference's {@code forward} takes
   * the column's number, which differs where a mask has zeros before ones.
   *
   * @param positions [batch, columns], none negative
   */
  public ModelInput withPositionIds(int[][] positions) {
    requireRectangle("positionIds", positions, batchSize(), columns());
    for (int[] row : positions) {
      for (int position : row) {
        if (position < 0) {
          throw new IllegalArgumentException(
              "positionIds: expected none below 0, found " + position);
        }
      }
    }
    Draft draft = new Draft(this);
    draft.positionIds = positions;
    return new ModelInput(draft);
  }

  /** Continues the sequence of one cache, for a batch of one; the pass appends to the cache. */
  public ModelInput withCache(KeyValueCache cache) {
    return withCaches(List.of(cache));
  }

  /**
   * Continues the sequences of these caches, one for each of the batch; the pass appends to them.
   */
  public ModelInput withCaches(List<? extends KeyValueCache> caches) {
    long different = caches.stream().distinct().count();
    if (caches.size() != batchSize() || different != batchSize()) {
      throw new IllegalArgumentException(
          "caches: expected " + batchSize() + " different ones, found " + different);
    }
    Draft draft = new Draft(this);
    draft.caches = List.copyOf(caches);
    return new ModelInput(draft);
  }

  /** Computes logits of the last columns only; 0, the default, means of all. */
  public ModelInput withLogitsToKeep(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("logitsToKeep: expected 0 or more, found " + count);
    }
    Draft draft = new Draft(this);
    draft.logitsToKeep = count;
    return new ModelInput(draft);
  }

  /**
   * Asks for the loss: mean cross entropy of each column's logits with the next column's label.
   *
   * @param labels [batch, columns]; {@link #IGNORED_LABEL} leaves a column out
   */
  public ModelInput withLabels(int[][] labels) {
    requireRectangle("labels", labels, batchSize(), columns());
    Draft draft = new Draft(this);
    draft.labels = labels;
    return new ModelInput(draft);
  }

  /** Asks for every layer's input and the final state. */
  public ModelInput withOutputHiddenStates(boolean wanted) {
    Draft draft = new Draft(this);
    draft.outputHiddenStates = wanted;
    return new ModelInput(draft);
  }

  /** Asks for the attention probabilities, which are computed a second time for it. */
  public ModelInput withOutputAttentions(boolean wanted) {
    Draft draft = new Draft(this);
    draft.outputAttentions = wanted;
    return new ModelInput(draft);
  }

  /**
   * Asks for the router's logits and the load-balancing loss, or declines them. Without it the
   * configuration's {@code output_router_logits} decides.
   */
  public ModelInput withOutputRouterLogits(boolean wanted) {
    Draft draft = new Draft(this);
    draft.outputRouterLogits = Optional.of(wanted);
    return new ModelInput(draft);
  }

  /** Sequences. */
  public int batchSize() {
    return hasIds() ? inputIds.length : inputEmbeddings.length;
  }

  /** Ids of each sequence, padding included. */
  public int columns() {
    return hasIds() ? inputIds[0].length : inputEmbeddings[0].length;
  }

  public boolean hasIds() {
    return inputIds != null;
  }

  public int[] ids(int sequence) {
    return inputIds[sequence];
  }

  public float[][] embeddings(int sequence) {
    return inputEmbeddings[sequence];
  }

  public boolean visible(int sequence, int column) {
    if (attentionMask == null) {
      return true;
    }
    int[] row = attentionMask[sequence];
    return row[row.length - columns() + column] != 0;
  }

  public Optional<int[]> positionIds(int sequence) {
    return Optional.ofNullable(positionIds).map(all -> all[sequence]);
  }

  public Optional<List<KeyValueCache>> caches() {
    return Optional.ofNullable(caches);
  }

  /** First column whose logits are wanted. */
  public int firstKeptColumn() {
    return logitsToKeep == 0 ? 0 : Math.max(0, columns() - logitsToKeep);
  }

  public Optional<int[][]> labels() {
    return Optional.ofNullable(labels);
  }

  public boolean outputHiddenStates() {
    return outputHiddenStates;
  }

  public boolean outputAttentions() {
    return outputAttentions;
  }

  public boolean outputRouterLogits(MixtralConfig config) {
    return outputRouterLogits.orElse(config.outputRouterLogits());
  }

  /** Whether anything at all is recorded on the way. */
  public boolean records(MixtralConfig config) {
    return outputHiddenStates || outputAttentions || outputRouterLogits(config);
  }

  /** Checks what only a model can check: ids, widths, labels, caches. */
  public void requireFits(MixtralConfig config) {
    for (int b = 0; b < batchSize(); b++) {
      for (int c = 0; c < columns(); c++) {
        if (!visible(b, c)) {
          continue;
        }
        if (hasIds() && (inputIds[b][c] < 0 || inputIds[b][c] >= config.vocabSize())) {
          throw new IllegalArgumentException(
              "inputIds[%d][%d]: expected an id from 0 to %d, found %d"
                  .formatted(b, c, config.vocabSize() - 1, inputIds[b][c]));
        }
        if (!hasIds() && inputEmbeddings[b][c].length != config.hiddenSize()) {
          throw new IllegalArgumentException(
              "inputEmbeddings[%d][%d]: expected %d floats, found %d"
                  .formatted(b, c, config.hiddenSize(), inputEmbeddings[b][c].length));
        }
      }
    }
    if (labels != null) {
      requireLabels(config.vocabSize());
    }
    if (attentionMask != null) {
      requirePastIsVisible();
    }
  }

  /** What a cache holds cannot be hidden again. */
  private void requirePastIsVisible() {
    for (int b = 0; b < attentionMask.length; b++) {
      int[] row = attentionMask[b];
      int past = row.length - columns();
      long ones = IntStream.range(0, past).filter(column -> row[column] != 0).count();
      int cached = caches == null ? 0 : caches.get(b).length();
      if (past > 0 && ones != cached) {
        throw new IllegalArgumentException(
            ("attentionMask[%d]: expected %d ones before the last %d columns, as many as the cache"
                    + " holds ids, found %d")
                .formatted(b, cached, columns(), ones));
      }
    }
  }

  private void requireLabels(int vocabSize) {
    for (int b = 0; b < labels.length; b++) {
      for (int c = 0; c < labels[b].length; c++) {
        int label = labels[b][c];
        if (label != IGNORED_LABEL && (label < 0 || label >= vocabSize)) {
          throw new IllegalArgumentException(
              "labels[%d][%d]: expected an id from 0 to %d or %d, found %d"
                  .formatted(b, c, vocabSize - 1, IGNORED_LABEL, label));
        }
      }
    }
  }

  private static void requireRectangle(String name, int[][] rows, int height, int width) {
    if (rows.length != height) {
      throw new IllegalArgumentException(
          "%s: expected %d rows, found %d".formatted(name, height, rows.length));
    }
    for (int[] row : rows) {
      if (row.length != width) {
        throw new IllegalArgumentException(
            "%s: expected %d columns in every row, found %d".formatted(name, width, row.length));
      }
    }
  }

  /** The fields while an input is being made from another. */
  private static final class Draft {
    private int[][] inputIds;
    private float[][][] inputEmbeddings;
    private int[][] attentionMask;
    private int[][] positionIds;
    private List<KeyValueCache> caches;
    private int logitsToKeep;
    private int[][] labels;
    private boolean outputHiddenStates;
    private boolean outputAttentions;
    private Optional<Boolean> outputRouterLogits = Optional.empty();

    Draft() {}

    Draft(ModelInput other) {
      inputIds = other.inputIds;
      inputEmbeddings = other.inputEmbeddings;
      attentionMask = other.attentionMask;
      positionIds = other.positionIds;
      caches = other.caches;
      logitsToKeep = other.logitsToKeep;
      labels = other.labels;
      outputHiddenStates = other.outputHiddenStates;
      outputAttentions = other.outputAttentions;
      outputRouterLogits = other.outputRouterLogits;
    }
  }
}
