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

/** The merges of a SentencePiece model, which lists pieces and scores only. */
final class SentencePieceRules {
  private final SentencePieceModelFile model;
  private final Vocabulary vocabulary;
  private final int unknownId;
  private final Map<String, Integer> normalIds = new HashMap<>();

  SentencePieceRules(SentencePieceModelFile model, Vocabulary vocabulary, int unknownId) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.unknownId = unknownId;
  }

  /**
   * Every way to split a piece into two symbols is a merge; its rank is the piece's place among all
   * scores, best first, and pieces of one score share a rank.
   */
  BytePairRules build() {
    int modelSize = model.pieces().size();
    CodePointTable symbols = new CodePointTable();
    Map<String, Integer> userDefined = new HashMap<>();
    for (int id = 0; id < modelSize; id++) {
      Piece piece = model.pieces().get(id);
      if (piece.type() == PieceType.USER_DEFINED) {
        userDefined.put(piece.text(), id);
      } else if (isNormal(id)) {
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
      if (!isNormal(id)) {
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
        model.trainer().byteFallback() ? byteIds() : null,
        unknownId,
        true,
        bareCodePoints);
  }

  /** Whether text may become it; what the folder has made special is not. */
  private boolean isNormal(int id) {
    return model.pieces().get(id).type() == PieceType.NORMAL && vocabulary.kind(id) == Kind.NORMAL;
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

  private int[] byteIds() {
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
