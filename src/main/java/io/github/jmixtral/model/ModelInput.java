package io.github.jmixtral.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a forward pass takes and what it returns. Immutable: each {@code with…} gives a new input.
 * Integers are copied, embeddings are not (see the package).
 *
 * <pre>{@code
 * ModelInput input = ModelInput.ofIds(tokenizer.encode("Hello"))
 *     .withLogitsToKeep(1)
 *     .withOutputHiddenStates(true);
 * }</pre>
 *
 * @since 0.1.0
 */
public final class ModelInput {

  /** The label that a loss leaves out. */
  public static final int IGNORED_LABEL = -100;

  private final Values values;

  /** What the input says; changed only before anyone else sees it. Null: not set. */
  private static final class Values implements Cloneable {
    private int @Nullable [][] inputIds;
    private float @Nullable [][][] inputEmbeddings;
    private int @Nullable [][] attentionMask;
    private int @Nullable [][] positionIds;
    private List<KeyValueCache> caches = List.of();
    private int logitsToKeep;
    private int @Nullable [][] labels;
    private boolean outputHiddenStates;
    private boolean outputAttentions;
    private Optional<Boolean> outputRouterLogits = Optional.empty();

    private Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException impossible) {
        throw new AssertionError(impossible);
      }
    }
  }

  private ModelInput(Values values) {
    this.values = values;
  }

  private ModelInput with(Consumer<Values> change) {
    Values changed = values.copy();
    change.accept(changed);
    return new ModelInput(changed);
  }

  /**
   * Token ids.
   *
   * @param inputIds [batch, columns]; sequences of different lengths are padded and masked
   */
  public static ModelInput ofIds(int[]... inputIds) {
    Objects.requireNonNull(inputIds, "inputIds");
    if (inputIds.length == 0 || inputIds[0].length == 0) {
      throw new IllegalArgumentException(
          "inputIds is empty; give at least one sequence of at least one id");
    }
    requireRectangle("inputIds", inputIds, inputIds.length, inputIds[0].length);
    Values values = new Values();
    values.inputIds = copy(inputIds);
    return new ModelInput(values);
  }

  /**
   * Embeddings in the place of ids.
   *
   * @param inputEmbeddings [batch, columns, hidden]; not copied, so leave them as they are until
   *     the pass has run
   */
  public static ModelInput ofEmbeddings(float[][][] inputEmbeddings) {
    Objects.requireNonNull(inputEmbeddings, "inputEmbeddings");
    if (inputEmbeddings.length == 0 || inputEmbeddings[0].length == 0) {
      throw new IllegalArgumentException(
          "inputEmbeddings is empty; give at least one sequence of at least one embedding");
    }
    for (float[][] sequence : inputEmbeddings) {
      if (sequence.length != inputEmbeddings[0].length) {
        throw new IllegalArgumentException(
            "inputEmbeddings: the sequences have %d and %d columns, but must have the same; pad the shorter"
                .formatted(inputEmbeddings[0].length, sequence.length));
      }
    }
    Values values = new Values();
    values.inputEmbeddings = inputEmbeddings;
    return new ModelInput(values);
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
    Objects.requireNonNull(mask, "mask");
    if (mask.length != batchSize()) {
      throw new IllegalArgumentException(
          "attentionMask has %d rows, but there are %d sequences"
              .formatted(mask.length, batchSize()));
    }
    for (int[] row : mask) {
      if (row.length < columns()) {
        throw new IllegalArgumentException(
            "attentionMask has a row of %d columns, but the sequences have %d"
                .formatted(row.length, columns()));
      }
    }
    return with(changed -> changed.attentionMask = copy(mask));
  }

  /**
   * Sets the positions that the rotary embedding takes. Without it an id's position is the number
   * of visible ids before it, those in the cache included; the reference's {@code forward} takes
   * the column's number, which differs where a mask has zeros before ones.
   *
   * @param positions [batch, columns], none negative
   */
  public ModelInput withPositionIds(int[][] positions) {
    Objects.requireNonNull(positions, "positions");
    requireRectangle("positionIds", positions, batchSize(), columns());
    for (int[] row : positions) {
      for (int position : row) {
        if (position < 0) {
          throw new IllegalArgumentException(
              "positionIds: " + position + " is negative; positions count from 0");
        }
      }
    }
    return with(changed -> changed.positionIds = copy(positions));
  }

  /** Continues the sequence of one cache, for a batch of one; the pass appends to the cache. */
  public ModelInput withCache(KeyValueCache cache) {
    return withCaches(List.of(cache));
  }

  /**
   * Continues the sequences of these caches, one for each of the batch; the pass appends to them.
   */
  public ModelInput withCaches(List<? extends KeyValueCache> caches) {
    Objects.requireNonNull(caches, "caches");
    long different = caches.stream().distinct().count();
    if (caches.size() != batchSize() || different != batchSize()) {
      throw new IllegalArgumentException(
          "caches: %d sequences need as many different caches, but there are %d"
              .formatted(batchSize(), different));
    }
    return with(changed -> changed.caches = List.copyOf(caches));
  }

  /** Computes logits of the last columns only; 0, the default, means of all. */
  public ModelInput withLogitsToKeep(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("logitsToKeep is " + count + ", but must be 0 or more");
    }
    return with(changed -> changed.logitsToKeep = count);
  }

  /**
   * Asks for the loss: mean cross entropy of each column's logits with the next column's label.
   *
   * @param labels [batch, columns]; {@link #IGNORED_LABEL} leaves a column out
   */
  public ModelInput withLabels(int[][] labels) {
    Objects.requireNonNull(labels, "labels");
    requireRectangle("labels", labels, batchSize(), columns());
    return with(changed -> changed.labels = copy(labels));
  }

  /** Asks for every layer's input and the final state. */
  public ModelInput withOutputHiddenStates(boolean wanted) {
    return with(changed -> changed.outputHiddenStates = wanted);
  }

  /** Asks for the attention probabilities, which are computed a second time for it. */
  public ModelInput withOutputAttentions(boolean wanted) {
    return with(changed -> changed.outputAttentions = wanted);
  }

  /**
   * Asks for the router's logits and the load-balancing loss, or declines them. Without it the
   * configuration's {@code output_router_logits} decides.
   */
  public ModelInput withOutputRouterLogits(boolean wanted) {
    return with(changed -> changed.outputRouterLogits = Optional.of(wanted));
  }

  /** The number of sequences. */
  public int batchSize() {
    return values.inputIds != null
        ? values.inputIds.length
        : Objects.requireNonNull(values.inputEmbeddings).length;
  }

  /** The number of ids of each sequence, padding included. */
  public int columns() {
    return values.inputIds != null
        ? values.inputIds[0].length
        : Objects.requireNonNull(values.inputEmbeddings)[0].length;
  }

  /** The ids [batch, columns]; empty with embeddings. A copy. */
  public Optional<int[][]> inputIds() {
    return Optional.ofNullable(values.inputIds).map(ModelInput::copy);
  }

  /** The embeddings [batch, columns, hidden] as they were given; empty with ids. */
  public Optional<float[][][]> inputEmbeddings() {
    return Optional.ofNullable(values.inputEmbeddings);
  }

  /** The attention mask as {@link #withAttentionMask} took it. A copy. */
  public Optional<int[][]> attentionMask() {
    return Optional.ofNullable(values.attentionMask).map(ModelInput::copy);
  }

  /** Whether the attention mask shows a column. */
  public boolean isVisible(int sequence, int column) {
    if (values.attentionMask == null) {
      return true;
    }
    int[] row = values.attentionMask[sequence];
    return row[row.length - columns() + column] != 0;
  }

  /** The positions [batch, columns]. A copy. */
  public Optional<int[][]> positionIds() {
    return Optional.ofNullable(values.positionIds).map(ModelInput::copy);
  }

  /** A cache for each sequence; empty: the model makes new ones. */
  public List<KeyValueCache> caches() {
    return values.caches;
  }

  /** How many last columns get logits; 0: all. */
  public int logitsToKeep() {
    return values.logitsToKeep;
  }

  /** The labels [batch, columns]. A copy. */
  public Optional<int[][]> labels() {
    return Optional.ofNullable(values.labels).map(ModelInput::copy);
  }

  /** Whether hidden states are returned. */
  public boolean outputHiddenStates() {
    return values.outputHiddenStates;
  }

  /** Whether attention probabilities are returned. */
  public boolean outputAttentions() {
    return values.outputAttentions;
  }

  /** Whether router logits are returned; empty: as the model's configuration says. */
  public Optional<Boolean> outputRouterLogits() {
    return values.outputRouterLogits;
  }

  @Override
  public String toString() {
    return "ModelInput[%s=[%d, %d]%s%s%s%s, logitsToKeep=%d, outputHiddenStates=%s, outputAttentions=%s%s]"
        .formatted(
            values.inputIds != null ? "inputIds" : "inputEmbeddings",
            batchSize(),
            columns(),
            values.attentionMask != null ? ", attentionMask" : "",
            values.positionIds != null ? ", positionIds" : "",
            values.caches.isEmpty() ? "" : ", caches",
            values.labels != null ? ", labels" : "",
            values.logitsToKeep,
            values.outputHiddenStates,
            values.outputAttentions,
            values.outputRouterLogits.map(wanted -> ", outputRouterLogits=" + wanted).orElse(""));
  }

  private static int[][] copy(int[][] rows) {
    return Stream.of(rows).map(int[]::clone).toArray(int[][]::new);
  }

  private static void requireRectangle(String name, int[][] rows, int height, int width) {
    if (rows.length != height) {
      throw new IllegalArgumentException(
          "%s has %d rows, but there should be %d".formatted(name, rows.length, height));
    }
    for (int[] row : rows) {
      if (row.length != width) {
        throw new IllegalArgumentException(
            "%s has a row of %d columns, but every row should have %d"
                .formatted(name, row.length, width));
      }
    }
  }
}
