package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.tokenizer.Metaspace.Prepend;
import io.github.jmixtral.tokenizer.Vocabulary.Entry;
import io.github.jmixtral.tokenizer.Vocabulary.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tokenizer of a GGUF file's vocabulary that does what llama.cpp does: pieces of every type
 * are joined of their parts, user-defined ones are cut out of every text before, special ones where
 * special tokens are parsed, and what stands behind them begins anew. Only, a special token never
 * comes of joined parts, so that no text becomes one unasked.
 */
final class GgufLoader {
  private final SentencePieceModelFile model;
  private final int unknownId;

  private GgufLoader(SentencePieceModelFile model, int unknownId) {
    this.model = model;
    this.unknownId = unknownId;
  }

  /**
   * Builds the encoder and decoders.
   *
   * @param model the pieces and what stands beside them
   * @param unknownId the id of what has no piece, in a vocabulary without those of bytes
   */
  static LoadedTokenizer load(SentencePieceModelFile model, int unknownId) {
    return new GgufLoader(model, unknownId).load();
  }

  private LoadedTokenizer load() {
    Vocabulary vocabulary =
        new Vocabulary(
            model.pieces().stream().map(piece -> new Entry(piece.text(), kind(piece))).toList());
    BytePairRules rules =
        new SentencePieceRules(
                model.pieces(),
                vocabulary.size(),
                id -> mayBeJoined(id, vocabulary),
                Map.of(),
                byteIds(),
                unknownId)
            .build();
    Map<String, Integer> whole = ofKinds(vocabulary, List.of(Kind.USER_DEFINED));
    Map<String, Integer> special =
        ofKinds(vocabulary, List.of(Kind.USER_DEFINED, Kind.CONTROL, Kind.UNKNOWN));
    boolean addsSpace = model.normalizer().addDummyPrefix();
    return new LoadedTokenizer(
        vocabulary,
        new SentencePieceTextEncoder(
            new BytePairEncoder(rules),
            addsSpace ? Prepend.ALWAYS : Prepend.NEVER,
            true,
            TokenCutter.longestFirst(whole),
            TokenCutter.longestFirst(special),
            true),
        skip -> new SentencePieceTokenDecoder(vocabulary, skip, addsSpace, Optional.empty()),
        true,
        id(model.trainer().bosId()).stream().toArray(),
        new int[0],
        id(model.trainer().bosId()),
        id(model.trainer().eosId()),
        id(model.trainer().padId()),
        id(unknownId));
  }

  /** A piece of type BYTE that names no byte is text that is not shown. */
  private static Kind kind(Piece piece) {
    return switch (piece.type()) {
      case NORMAL -> Kind.NORMAL;
      case UNKNOWN -> Kind.UNKNOWN;
      case CONTROL -> Kind.CONTROL;
      case USER_DEFINED -> Kind.USER_DEFINED;
      case UNUSED -> Kind.UNUSED;
      case BYTE -> Vocabulary.isBytePiece(piece.text()) ? Kind.BYTE : Kind.UNUSED;
    };
  }

  private static boolean mayBeJoined(int id, Vocabulary vocabulary) {
    return switch (vocabulary.kind(id)) {
      case NORMAL, USER_DEFINED, BYTE, UNUSED ->
          vocabulary.piece(id).length() <= SentencePieceRules.LONGEST_PIECE;
      case CONTROL, UNKNOWN -> false;
    };
  }

  /** By their texts, whatever their types; a byte without a piece becomes the unknown id. */
  private int @Nullable [] byteIds() {
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      ids.put(model.pieces().get(id).text(), id);
    }
    int[] found = new int[256];
    boolean any = false;
    for (int value = 0; value < found.length; value++) {
      Integer id = ids.get(Vocabulary.bytePiece(value));
      any |= id != null;
      if (id == null && value < 128) {
        id = ids.get(Character.toString(value));
      }
      found[value] = id == null ? unknownId : id;
    }
    return any ? found : null;
  }

  private static Map<String, Integer> ofKinds(Vocabulary vocabulary, List<Kind> kinds) {
    Map<String, Integer> tokens = new TreeMap<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (kinds.contains(vocabulary.kind(id))) {
        tokens.put(vocabulary.piece(id), id);
      }
    }
    return tokens;
  }

  private OptionalInt id(int id) {
    return id >= 0 && id < model.pieces().size() ? OptionalInt.of(id) : OptionalInt.empty();
  }
}
