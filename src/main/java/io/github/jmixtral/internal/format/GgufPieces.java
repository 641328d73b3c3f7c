package io.github.jmixtral.internal.format;

import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pieces of a GGUF file's vocabulary and the ids that end a generation, as llama.cpp gathers
 * them: some tokens it knows by their texts, whatever the metadata say of them.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp">llama.cpp's
 *     reader of vocabularies</a>
 */
public final class GgufPieces {
  /** The pieces' texts. */
  public static final String TOKENS = "tokenizer.ggml.tokens";

  /** The pieces' scores: the pair whose joined piece has the highest one is merged first. */
  public static final String SCORES = "tokenizer.ggml.scores";

  /** The pieces' types, by SentencePiece's numbers. */
  public static final String TYPES = "tokenizer.ggml.token_type";

  /** The id of the end of a sequence. */
  public static final String EOS_ID = "tokenizer.ggml.eos_token_id";

  /** The keys of further ids that end a generation: the end of a turn, of a message. */
  public static final List<String> OTHER_END_IDS =
      List.of("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

  /** The end of a sequence where the metadata name none. */
  public static final int DEFAULT_EOS = 2;

  private static final Logger LOGGER = LoggerFactory.getLogger(GgufPieces.class);

  private GgufPieces() {}

  /**
   * The vocabulary of a file; the index is the id. A text that the file leaves empty is {@code
   * [EMPTY_7]}, a type that it leaves open {@code UNUSED}, and no score is infinite.
   *
   * @throws io.github.jmixtral.error.MalformedFileException if it has none, or fewer scores or
   *     types than pieces
   */
  public static List<Piece> of(GgufMetadata metadata) {
    List<String> texts = metadata.requiredTexts(TOKENS);
    PieceType[] types = types(metadata, texts.size());
    float[] scores = scores(metadata, texts.size());
    new Gathering(metadata, texts, types).ends();
    List<Piece> pieces = new ArrayList<>(texts.size());
    for (int id = 0; id < texts.size(); id++) {
      String text = texts.get(id).isEmpty() ? "[EMPTY_" + id + "]" : texts.get(id);
      pieces.add(new Piece(text, scores[id], types[id]));
    }
    return Collections.unmodifiableList(pieces);
  }

  /**
   * The ids below {@code vocabSize} that end a generation, that of the end of a sequence first.
   *
   * @param vocabSize how many ids the model knows
   */
  public static List<Integer> ends(GgufMetadata metadata, int vocabSize) {
    List<String> texts =
        metadata.values().get(TOKENS) instanceof GgufValue.Texts(List<String> tokens)
            ? tokens.subList(0, Math.min(vocabSize, tokens.size()))
            : List.of();
    return new Gathering(metadata, texts, new PieceType[vocabSize]).ends();
  }

  /** Whether a token of this text ends a generation, whatever the metadata say of it. */
  public static boolean endsBySpelling(String text) {
    return GgufSpellings.ENDS.contains(text);
  }

  /** Without types all pieces are normal; other numbers than SentencePiece's leave a type open. */
  private static PieceType[] types(GgufMetadata metadata, int size) {
    PieceType[] types = new PieceType[size];
    boolean stored = metadata.values().containsKey(TYPES);
    long[] numbers = stored ? metadata.requiredWholes(TYPES, size) : new long[0];
    for (int id = 0; id < size; id++) {
      if (!stored) {
        types[id] = PieceType.NORMAL;
      } else if (numbers[id] < 1 || numbers[id] > PieceType.values().length) {
        types[id] = PieceType.UNUSED;
      } else {
        types[id] = PieceType.values()[(int) numbers[id] - 1];
      }
    }
    return types;
  }

  /** Without scores all merges are equal; a score that is no number is the lowest. */
  private static float[] scores(GgufMetadata metadata, int size) {
    float[] scores = new float[size];
    if (!metadata.values().containsKey(SCORES)) {
      return scores;
    }
    float[] stored = metadata.requiredReals(SCORES, size);
    int odd = 0;
    for (int id = 0; id < size; id++) {
      odd += Float.isNaN(stored[id]) ? 1 : 0;
      scores[id] =
          Float.isNaN(stored[id])
              ? -Float.MAX_VALUE
              : Math.clamp(stored[id], -Float.MAX_VALUE, Float.MAX_VALUE);
    }
    if (odd > 0) {
      LOGGER.warn("{}: {} are no numbers; they count as the lowest", metadata.place(SCORES), odd);
    }
    return scores;
  }

  /** Finds the tokens that are known by their texts, and the ends among them. */
  private static final class Gathering {
    private final GgufMetadata metadata;
    private final PieceType[] types;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Set<Integer> ends = new TreeSet<>();

    Gathering(GgufMetadata metadata, List<String> texts, PieceType[] types) {
      this.metadata = metadata;
      this.types = types;
      for (int id = 0; id < texts.size(); id++) {
        ids.put(texts.get(id), id);
      }
    }

    List<Integer> ends() {
      GgufSpellings.INFILLS.forEach(this::addInfill);
      ids(GgufSpellings.ENDS)
          .forEach(
              id -> {
                types[id] = PieceType.CONTROL;
                ends.add(id);
              });
      ids(GgufSpellings.TEXTS).forEach(id -> types[id] = PieceType.USER_DEFINED);
      int eos = metadata.id(EOS_ID, types.length).orElse(DEFAULT_EOS);
      if (eos < types.length) {
        ends.add(eos);
      }
      OTHER_END_IDS.forEach(key -> metadata.id(key, types.length).ifPresent(ends::add));
      removeWhatEndsNothing();
      List<Integer> list = new ArrayList<>(ends);
      if (list.remove((Integer) eos)) {
        list.addFirst(eos);
      }
      return list;
    }

    private void addInfill(GgufSpellings.Infill infill) {
      OptionalInt id = metadata.id(infill.key(), types.length);
      if (id.isEmpty()) {
        id = ids(infill.spellings()).stream().mapToInt(found -> found).min();
        id.ifPresent(found -> types[found] = PieceType.CONTROL);
      }
      if (infill.ends()) {
        id.ifPresent(ends::add);
      }
    }

    /** In some vocabularies a text means less than elsewhere. */
    private void removeWhatEndsNothing() {
      boolean harmony = isEnd("<|return|>") && (isEnd("<|call|>") || isEnd("<|calls|>"));
      boolean solar = isEnd("<|flush|>") && (isEnd("<|call|>") || isEnd("<|calls|>"));
      if (harmony || solar) {
        remove("<|end|>", PieceType.USER_DEFINED);
      }
      if (isEnd("<|tool_response>")) {
        remove("</s>", PieceType.NORMAL);
      }
    }

    private boolean isEnd(String text) {
      return ids.containsKey(text) && ends.contains(ids.get(text));
    }

    private void remove(String text, PieceType type) {
      Integer id = ids.get(text);
      if (id != null && ends.contains(id)) {
        ends.remove(id);
        types[id] = type;
      }
    }

    private List<Integer> ids(Set<String> texts) {
      return texts.stream().filter(ids::containsKey).map(ids::get).toList();
    }
  }
}
