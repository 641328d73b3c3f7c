package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.format.SentencePieceModelFile;
import io.github.jmixtral.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.tokenizer.Vocabulary.Entry;
import io.github.jmixtral.tokenizer.Vocabulary.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Makes a tokenizer of a SentencePiece BPE model. */
final class SentencePieceLoader {
  private static final int MODEL_TYPE_BPE = 2;

  /** SentencePiece trains pieces of at most 16 characters; this bounds the table of merges. */
  private static final int LONGEST_PIECE = 512;

  private final SentencePieceModelFile model;
  private final Map<String, Integer> normalIds = new HashMap<>();

  private SentencePieceLoader(SentencePieceModelFile model) {
    this.model = model;
  }

  /**
   * Checks the model and builds its encoder.
   *
   * @param added tokens that the folder adds behind the model's own ids
   * @throws MalformedFileException if the vocabulary contradicts itself
   * @throws UnsupportedCheckpointException if the model is no BPE, or normalises text
   */
  static LoadedTokenizer load(SentencePieceModelFile model, List<AddedToken> added) {
    return new SentencePieceLoader(model).load(added);
  }

  private LoadedTokenizer load(List<AddedToken> added) {
    checkSupported();
    List<Entry> entries = entries();
    int modelSize = entries.size();
    int unknownId = unknownId(entries);
    addTokens(entries, added);
    Vocabulary vocabulary = new Vocabulary(entries);
    BytePairEncoder encoder = new BytePairEncoder(rules(vocabulary, modelSize, unknownId));
    TextEncoder textEncoder =
        new SentencePieceTextEncoder(
            encoder,
            model.normalizer().addDummyPrefix(),
            model.normalizer().escapeWhitespaces(),
            new TextMatcher(templateTokens(vocabulary, modelSize)));
    OptionalInt bosId = controlId(vocabulary, model.trainer().bosId());
    return new LoadedTokenizer(
        vocabulary,
        textEncoder,
        skip ->
            new SentencePieceTokenDecoder(
                vocabulary,
                skip,
                model.normalizer().addDummyPrefix(),
                model.trainer().unknownSurface()),
        true,
        bosId.isPresent() ? new int[] {bosId.getAsInt()} : new int[0],
        new int[0],
        bosId,
        controlId(vocabulary, model.trainer().eosId()),
        controlId(vocabulary, model.trainer().padId()),
        OptionalInt.of(unknownId));
  }

  private void checkSupported() {
    if (model.trainer().modelType() != MODEL_TYPE_BPE) {
      unsupported("trainer_spec.model_type", "2 (BPE)", "" + model.trainer().modelType());
    }
    if (model.normalizer().characterMapBytes() != 0) {
      unsupported(
          "normalizer_spec.precompiled_charsmap",
          "none (identity)",
          model.normalizer().characterMapBytes() + " bytes");
    }
    if (model.normalizer().removeExtraWhitespaces()) {
      unsupported("normalizer_spec.remove_extra_whitespaces", "false", "true");
    }
    if (model.trainer().whitespaceAsSuffix()) {
      unsupported("trainer_spec.treat_whitespace_as_suffix", "false", "true");
    }
  }

  private void unsupported(String key, String supported, String found) {
    throw new UnsupportedCheckpointException(model.fileName() + ": " + key, supported, found);
  }

  private List<Entry> entries() {
    if (model.pieces().isEmpty()) {
      throw new MalformedFileException(model.fileName(), "a vocabulary", "no piece");
    }
    List<Entry> entries = new ArrayList<>();
    Map<String, Integer> seen = new HashMap<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      Piece piece = model.pieces().get(id);
      String place = model.fileName() + ": piece " + id;
      if (piece.text().isEmpty()) {
        throw new MalformedFileException(place, "a text", "an empty one");
      }
      if (!Float.isFinite(piece.score())) {
        throw new MalformedFileException(place, "a finite score", "" + piece.score());
      }
      Integer other = seen.put(piece.text(), id);
      if (other != null) {
        throw new MalformedFileException(
            place, "a piece that no other id has", "'" + piece.text() + "' of id " + other);
      }
      entries.add(new Entry(piece.text(), kind(piece, place)));
    }
    return entries;
  }

  private Kind kind(Piece piece, String place) {
    return switch (piece.type()) {
      case NORMAL -> {
        if (piece.text().length() > LONGEST_PIECE) {
          throw new MalformedFileException(
              place, "at most " + LONGEST_PIECE + " characters", "" + piece.text().length());
        }
        yield Kind.NORMAL;
      }
      case UNKNOWN -> Kind.UNKNOWN;
      case CONTROL -> Kind.CONTROL;
      case USER_DEFINED -> Kind.USER_DEFINED;
      case BYTE -> {
        if (!piece.text().matches("<0x[0-9A-F]{2}>")) {
          throw new MalformedFileException(place, "a byte as <0x0A>", "'" + piece.text() + "'");
        }
        yield Kind.BYTE;
      }
      case UNUSED ->
          throw new UnsupportedCheckpointException(place, "a type other than UNUSED", "UNUSED");
    };
  }

  private int unknownId(List<Entry> entries) {
    int found = -1;
    for (int id = 0; id < entries.size(); id++) {
      if (entries.get(id).kind() == Kind.UNKNOWN) {
        if (found >= 0) {
          throw new MalformedFileException(
              model.fileName(), "one unknown piece", "two, ids " + found + " and " + id);
        }
        found = id;
      }
    }
    if (found < 0) {
      throw new MalformedFileException(model.fileName(), "one unknown piece", "none");
    }
    return found;
  }

  private static void addTokens(List<Entry> entries, List<AddedToken> added) {
    int modelSize = entries.size();
    Map<Integer, AddedToken> behind = new TreeMap<>();
    for (AddedToken token : added) {
      if (token.id() >= modelSize) {
        behind.put(token.id(), token);
      } else if (!entries.get(token.id()).piece().equals(token.content())) {
        throw new MalformedFileException(
            token.place(),
            "'" + entries.get(token.id()).piece() + "', the piece of id " + token.id(),
            "'" + token.content() + "'");
      }
    }
    for (AddedToken token : behind.values()) {
      if (token.id() != entries.size()) {
        throw new MalformedFileException(
            token.place(),
            "ids that follow the vocabulary, next " + entries.size(),
            "" + token.id());
      }
      if (entries.stream().anyMatch(entry -> entry.piece().equals(token.content()))) {
        throw new MalformedFileException(
            token.place(), "a piece that no other id has", "'" + token.content() + "'");
      }
      entries.add(new Entry(token.content(), token.special() ? Kind.CONTROL : Kind.USER_DEFINED));
    }
  }

  /** What a template may name: control pieces, the unknown piece, and every added token. */
  private static Map<String, Integer> templateTokens(Vocabulary vocabulary, int modelSize) {
    Map<String, Integer> tokens = vocabulary.specialPieces();
    for (int id = modelSize; id < vocabulary.size(); id++) {
      tokens.put(vocabulary.piece(id), id);
    }
    return tokens;
  }

  private static OptionalInt controlId(Vocabulary vocabulary, int id) {
    return vocabulary.contains(id) && vocabulary.kind(id) == Kind.CONTROL
        ? OptionalInt.of(id)
        : OptionalInt.empty();
  }

  /**
   * Every way to split a piece into two symbols is a merge; its rank is the piece's place among all
   * scores, best first, and pieces of one score share a rank.
   */
  private BytePairRules rules(Vocabulary vocabulary, int modelSize, int unknownId) {
    CodePointTable symbols = new CodePointTable();
    Map<String, Integer> userDefined = new HashMap<>();
    for (int id = 0; id < modelSize; id++) {
      Piece piece = model.pieces().get(id);
      if (piece.type() == PieceType.USER_DEFINED) {
        userDefined.put(piece.text(), id);
      } else if (piece.type() == PieceType.NORMAL) {
        normalIds.put(piece.text(), id);
        if (piece.text().codePointCount(0, piece.text().length()) == 1) {
          symbols.put(piece.text().codePointAt(0), id);
        }
      }
    }
    List<Integer> bareCodePoints = new ArrayList<>();
    LongTable merges = new LongTable();
    LongTable neighbours = new LongTable();
    float[] scores = distinctScores();
    for (int id = 0; id < modelSize; id++) {
      Piece piece = model.pieces().get(id);
      if (piece.type() != PieceType.NORMAL) {
        continue;
      }
      int[] codePoints = piece.text().codePoints().toArray();
      addBareSymbols(codePoints, symbols, userDefined, vocabulary.size(), bareCodePoints);
      addNeighbours(codePoints, symbols, neighbours);
      long rank = scores.length - 1 - Arrays.binarySearch(scores, piece.score() + 0f);
      addMerges(piece.text(), LongTable.pair((int) rank, id), symbols, merges);
    }
    return new BytePairRules(
        vocabulary.size(),
        symbols,
        merges,
        Optional.of(neighbours),
        new TextMatcher(userDefined),
        model.trainer().byteFallback() ? byteIds(vocabulary) : null,
        unknownId,
        true,
        bareCodePoints);
  }

  /** All scores in ascending order, each once; adding 0 turns −0 into 0. */
  private float[] distinctScores() {
    float[] scores = new float[model.pieces().size()];
    int count = 0;
    for (Piece piece : model.pieces()) {
      scores[count++] = piece.score() + 0f;
    }
    Arrays.sort(scores);
    int distinct = 0;
    for (float score : scores) {
      if (distinct == 0 || scores[distinct - 1] != score) {
        scores[distinct++] = score;
      }
    }
    return Arrays.copyOf(scores, distinct);
  }

  private static void addBareSymbols(
      int[] codePoints,
      CodePointTable symbols,
      Map<String, Integer> userDefined,
      int vocabularySize,
      List<Integer> bareCodePoints) {
    for (int codePoint : codePoints) {
      if (symbols.get(codePoint) == CodePointTable.NONE
          && !userDefined.containsKey(Character.toString(codePoint))) {
        symbols.put(codePoint, vocabularySize + bareCodePoints.size());
        bareCodePoints.add(codePoint);
      }
    }
  }

  private static void addNeighbours(
      int[] codePoints, CodePointTable symbols, LongTable neighbours) {
    for (int i = 1; i < codePoints.length; i++) {
      int left = symbols.get(codePoints[i - 1]);
      int right = symbols.get(codePoints[i]);
      if (left != CodePointTable.NONE && right != CodePointTable.NONE) {
        neighbours.put(LongTable.pair(left, right), 0);
      }
    }
  }

  private void addMerges(String text, long rankAndId, CodePointTable symbols, LongTable merges) {
    for (int cut = text.offsetByCodePoints(0, 1);
        cut < text.length();
        cut = text.offsetByCodePoints(cut, 1)) {
      int left = symbol(text.substring(0, cut), symbols);
      int right = symbol(text.substring(cut), symbols);
      if (left >= 0 && right >= 0) {
        merges.put(LongTable.pair(left, right), rankAndId);
      }
    }
  }

  /** The symbol of a part of a piece, or −1. */
  private int symbol(String part, CodePointTable symbols) {
    if (part.codePointCount(0, part.length()) == 1) {
      return symbols.get(part.codePointAt(0));
    }
    return normalIds.getOrDefault(part, -1);
  }

  private int[] byteIds(Vocabulary vocabulary) {
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      OptionalInt id = vocabulary.byteId(value);
      if (id.isEmpty() || vocabulary.kind(id.getAsInt()) != Kind.BYTE) {
        throw new MalformedFileException(
            model.fileName(),
            "the byte piece " + Vocabulary.bytePiece(value) + " (byte_fallback is set)",
            "none");
      }
      ids[value] = id.getAsInt();
    }
    return ids;
  }
}
