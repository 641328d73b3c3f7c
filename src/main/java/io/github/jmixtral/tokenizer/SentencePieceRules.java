package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.tokenizer.Vocabulary.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The merges of a SentencePiece model, which lists pieces and scores only. */
final class SentencePieceRules {
  /**
   * SentencePiece trains pieces of at most 16 characters; this bounds the table of merges, and the
   * time that it takes to find pieces in a text.
   */
  static final int LONGEST_PIECE = 512;

  private final List<Piece> pieces;
  private final int vocabularySize;
  private final IntPredicate joined;
  private final Map<String, Integer> fixed;
  private final int @Nullable [] byteIds;
  private final int unknownId;
  private final Map<String, Integer> joinedIds = new HashMap<>();

  /**
   * @param vocabularySize number of ids: those of the pieces, and of tokens behind them
   * @param joined the ids that parts may be joined to
   * @param fixed the pieces that are one id wherever they occur
   * @param byteIds the ids of the bytes 0 to 255, or null without byte fallback
   * @param unknownId the id of what has no piece
   */
  SentencePieceRules(
      List<Piece> pieces,
      int vocabularySize,
      IntPredicate joined,
      Map<String, Integer> fixed,
      int @Nullable [] byteIds,
      int unknownId) {
    this.pieces = pieces;
    this.vocabularySize = vocabularySize;
    this.joined = joined;
    this.fixed = fixed;
    this.byteIds = byteIds;
    this.unknownId = unknownId;
  }

  /**
   * The rules of a model file.
   *
   * @param vocabulary what the folder has made of the model's pieces
   */
  static SentencePieceRules of(SentencePieceModelFile model, Vocabulary vocabulary, int unknownId) {
    Map<String, Integer> userDefined = new HashMap<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      if (model.pieces().get(id).type() == PieceType.USER_DEFINED) {
        userDefined.put(model.pieces().get(id).text(), id);
      }
    }
    return new SentencePieceRules(
        model.pieces(),
        vocabulary.size(),
        // What the folder has made special is no longer text.
        id ->
            model.pieces().get(id).type() == PieceType.NORMAL && vocabulary.kind(id) == Kind.NORMAL,
        userDefined,
        model.trainer().byteFallback() ? byteIds(model, vocabulary) : null,
        unknownId);
  }

  /**
   * Every way to split a piece into two symbols is a merge; its rank is the piece's place among all
   * scores, best first, and pieces of one score share a rank.
   */
  BytePairRules build() {
    CodePointTable symbols = new CodePointTable();
    for (int id = 0; id < pieces.size(); id++) {
      if (joined.test(id)) {
        String text = pieces.get(id).text();
        joinedIds.put(text, id);
        if (text.codePointCount(0, text.length()) == 1) {
          symbols.put(text.codePointAt(0), id);
        }
      }
    }
    List<Integer> bareCodePoints = new ArrayList<>();
    LongTable merges = new LongTable();
    LongTable neighbours = new LongTable();
    float[] scores = distinctScores();
    for (int id = 0; id < pieces.size(); id++) {
      Piece piece = pieces.get(id);
      if (!joined.test(id)) {
        continue;
      }
      int[] codePoints = piece.text().codePoints().toArray();
      addBareSymbols(codePoints, symbols, bareCodePoints);
      BytePairRules.addNeighbours(codePoints, symbols, neighbours);
      long rank = scores.length - 1 - Arrays.binarySearch(scores, piece.score() + 0f);
      addMerges(piece.text(), LongTable.pair((int) rank, id), symbols, merges);
    }
    return new BytePairRules(
        vocabularySize,
        symbols,
        merges,
        Optional.of(neighbours),
        new TextMatcher(fixed),
        byteIds,
        unknownId,
        true,
        bareCodePoints);
  }

  /** All scores in ascending order, each once; adding 0 turns −0 into 0. */
  private float[] distinctScores() {
    float[] scores = new float[pieces.size()];
    int count = 0;
    for (Piece piece : pieces) {
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

  private void addBareSymbols(
      int[] codePoints, CodePointTable symbols, List<Integer> bareCodePoints) {
    for (int codePoint : codePoints) {
      if (symbols.get(codePoint) == CodePointTable.NONE
          && !fixed.containsKey(Character.toString(codePoint))) {
        symbols.put(codePoint, vocabularySize + bareCodePoints.size());
        bareCodePoints.add(codePoint);
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
    return joinedIds.getOrDefault(part, -1);
  }

  private static int[] byteIds(SentencePieceModelFile model, Vocabulary vocabulary) {
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      OptionalInt id = vocabulary.byteId(value);
      if (id.isEmpty() || vocabulary.kind(id.getAsInt()) != Kind.BYTE) {
        throw new MalformedFileException(
            model.fileName(),
            "byte_fallback is set, but the byte piece "
                + Vocabulary.bytePiece(value)
                + " is missing");
      }
      ids[value] = id.getAsInt();
    }
    return ids;
  }
}
