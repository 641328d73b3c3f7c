package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.GgufPieces;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufValue.WholeType;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tokenizer as the metadata of a GGUF file, for llama.cpp: its pieces, each with a score and a
 * type. There, as in SentencePiece, the pair whose joined piece has the highest score is merged
 * first. A {@code tokenizer.json} has ranks of merges instead: a piece's score is then minus the
 * rank of the first merge that makes it.
 */
final class GgufVocabulary {
  private static final Logger LOGGER = LoggerFactory.getLogger(GgufVocabulary.class);

  /** How many pieces a message names. */
  private static final int NAMED_PIECES = 5;

  private final Tokenizer tokenizer;
  private final Vocabulary vocabulary;

  private GgufVocabulary(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    vocabulary = tokenizer.vocabulary();
  }

  /**
   * Describes a tokenizer.
   *
   * @param vocabSize how many ids the model's embedding knows; llama.cpp wants as many pieces, so
   *     that unused ones fill up what is missing, and what is too much is named in the log and left
   *     out
   */
  static Map<String, GgufValue> describe(Tokenizer tokenizer, int vocabSize) {
    if (tokenizer.vocabSize() > vocabSize) {
      LOGGER.warn(
          "the embedding has no rows for {} pieces of the tokenizer, which the GGUF file leaves"
              + " out: {}",
          tokenizer.vocabSize() - vocabSize,
          IntStream.range(vocabSize, tokenizer.vocabSize())
              .limit(NAMED_PIECES)
              .mapToObj(id -> Excerpt.quote(tokenizer.piece(id)))
              .collect(Collectors.joining(", ")));
    }
    return new GgufVocabulary(tokenizer).describe(vocabSize);
  }

  private Map<String, GgufValue> describe(int vocabSize) {
    int size = Math.min(vocabulary.size(), vocabSize);
    List<String> pieces = new ArrayList<>(vocabSize);
    float[] scores = Arrays.copyOf(scores(), vocabSize);
    // The types' numbers are SentencePiece's: from 1 on, in this order.
    long[] types = new long[vocabSize];
    for (int id = 0; id < vocabSize; id++) {
      PieceType type = id < size ? type(vocabulary.kind(id)) : PieceType.UNUSED;
      pieces.add(text(id));
      types[id] = type.ordinal() + 1;
    }
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put(GgufTokenizer.MODEL, new GgufValue.Text(GgufTokenizer.SENTENCE_PIECE));
    metadata.put("tokenizer.ggml.pre", new GgufValue.Text("default"));
    metadata.put(GgufPieces.TOKENS, new GgufValue.Texts(pieces));
    metadata.put(GgufPieces.SCORES, new GgufValue.Reals(scores));
    metadata.put(GgufPieces.TYPES, new GgufValue.Wholes(WholeType.INT32, types));
    putId(GgufTokenizer.BOS_ID, tokenizer.bosTokenId(), size, metadata);
    putId(GgufPieces.EOS_ID, tokenizer.eosTokenId(), size, metadata);
    putId(GgufTokenizer.UNKNOWN_ID, tokenizer.unkTokenId(), size, metadata);
    putId(GgufTokenizer.PAD_ID, tokenizer.padTokenId(), size, metadata);
    int[] around = tokenizer.encode("", true);
    metadata.put(GgufTokenizer.ADD_BOS, new GgufValue.Flag(holds(around, tokenizer.bosTokenId())));
    metadata.put(GgufTokenizer.ADD_EOS, new GgufValue.Flag(holds(around, tokenizer.eosTokenId())));
    metadata.put(GgufTokenizer.ADD_SPACE, new GgufValue.Flag(putsSpaceInFront()));
    ChatTemplates templates = tokenizer.chatTemplates();
    templates
        .usual()
        .ifPresent(source -> metadata.put(GgufTokenizer.CHAT_TEMPLATE, new GgufValue.Text(source)));
    templates
        .toolUse()
        .ifPresent(
            source -> {
              metadata.put(
                  GgufTokenizer.TEMPLATE_NAMES,
                  new GgufValue.Texts(List.of(ChatTemplates.TOOL_USE)));
              metadata.put(GgufTokenizer.TOOL_USE_TEMPLATE, new GgufValue.Text(source));
            });
    return metadata;
  }

  /** llama.cpp looks for user-defined pieces in texts as they are, with spaces. */
  private String text(int id) {
    String text = id < vocabulary.size() ? vocabulary.piece(id) : "";
    if (text.isEmpty()) {
      return "[PAD" + id + "]";
    }
    return vocabulary.kind(id) == Vocabulary.Kind.USER_DEFINED
        ? text.replace(Vocabulary.SPACE, " ")
        : text;
  }

  private static PieceType type(Vocabulary.Kind kind) {
    return switch (kind) {
      case NORMAL -> PieceType.NORMAL;
      case UNKNOWN -> PieceType.UNKNOWN;
      case CONTROL -> PieceType.CONTROL;
      case USER_DEFINED -> PieceType.USER_DEFINED;
      case BYTE -> PieceType.BYTE;
      case UNUSED -> PieceType.UNUSED;
    };
  }

  private static void putId(String key, OptionalInt id, int size, Map<String, GgufValue> metadata) {
    if (id.isPresent() && id.getAsInt() < size) {
      metadata.put(key, GgufValue.unsigned(id.getAsInt()));
    }
  }

  private static boolean holds(int[] ids, OptionalInt id) {
    return id.isPresent() && Arrays.stream(ids).anyMatch(other -> other == id.getAsInt());
  }

  /** Seen by what a letter becomes: a file says it in many ways. */
  private boolean putsSpaceInFront() {
    int[] ids = tokenizer.encodePlain("a");
    return ids.length > 0
        && (vocabulary.piece(ids[0]).startsWith(Vocabulary.SPACE)
            || vocabulary.piece(ids[0]).equals(Vocabulary.bytePiece(0xe2)));
  }

  private float[] scores() {
    return switch (tokenizer.source()) {
      case GgufTokenizer gguf -> scoresOf(gguf.model());
      case TokenizerFolder folder when folder.isJson() -> scoresOfMerges(folder.vocabularyFile());
      case TokenizerFolder folder -> scoresOf(SentencePieceModelFile.read(folder.vocabularyFile()));
    };
  }

  /** Tokens that a folder adds behind the model's own have none: 0. */
  private float[] scoresOf(SentencePieceModelFile model) {
    float[] scores = new float[vocabulary.size()];
    for (int id = 0; id < model.pieces().size(); id++) {
      scores[id] = model.pieces().get(id).score();
    }
    return scores;
  }

  /** What no merge makes scores less than all that one does; single characters are such pieces. */
  private float[] scoresOfMerges(Path file) {
    List<JsonPart> merges =
        JsonPart.root(file.toString(), JsonFile.read(file))
            .required("model")
            .required("merges")
            .elements();
    float[] scores = new float[vocabulary.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = vocabulary.kind(id) == Vocabulary.Kind.NORMAL ? -merges.size() : 0;
    }
    for (int rank = merges.size() - 1; rank >= 0; rank--) {
      JsonPart merge = merges.get(rank);
      String joined =
          merge.node().isArray()
              ? merge.elements().get(0).string() + merge.elements().get(1).string()
              : merge.string().replace(" ", "");
      OptionalInt id = vocabulary.id(joined);
      if (id.isPresent()) {
        scores[id.getAsInt()] = -rank;
      }
    }
    return scores;
  }
}
