package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.SmallTokenizers.Piece;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cutting text into runs, and characters that have no piece. */
@RunsOnce
class BytePairEncoderTest {
  @TempDir Path folder;

  @Test
  void cuttingTextIntoRunsChangesNoIds() {
    SentencePieceModelFile model =
        SentencePieceModelFile.read(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
    Vocabulary vocabulary = SentencePieceLoader.load(model, TokenizerConfig.NONE).vocabulary();
    BytePairRules cut = SentencePieceRules.of(model, vocabulary, 0).build();
    BytePairRules whole =
        new BytePairRules(
            cut.vocabularySize(),
            cut.symbols(),
            cut.merges(),
            Optional.empty(),
            cut.fixed(),
            cut.byteIds(),
            cut.unknownId(),
            cut.fuseUnknown(),
            cut.bareCodePoints());
    Random random = new Random(17);
    String characters = "▁▁▁eeettaaoinshrd.,\n(){}=019éß語🦙";
    int[] codePoints = characters.codePoints().toArray();
    for (int round = 0; round < 500; round++) {
      String text =
          random
              .ints(random.nextInt(80), 0, codePoints.length)
              .mapToObj(i -> Character.toString(codePoints[i]))
              .collect(Collectors.joining());
      assertArrayEquals(encode(whole, text), encode(cut, text), text);
    }
  }

  private static int[] encode(BytePairRules rules, String text) {
    IdBuffer ids = new IdBuffer();
    new BytePairEncoder(rules).encode(text, 0, text.length(), ids);
    return ids.toArray();
  }

  private Tokenizer with(Piece... more) {
    List<Piece> pieces = new ArrayList<>(SmallTokenizers.pieces());
    pieces.addAll(List.of(more));
    return Tokenizer.fromPretrained(SmallTokenizers.writeModel(folder, pieces));
  }

  private static String pieces(Tokenizer tokenizer, String text) {
    return SmallTokenizers.pieces(tokenizer, tokenizer.encode(text));
  }

  @Test
  void charactersThatAreOnlyPartOfAPieceMergeOrFallBackToBytes() {
    Tokenizer tokenizer = with(new Piece("éè", -50, PieceType.NORMAL));
    assertEquals("▁ éè", pieces(tokenizer, "éè"));
    assertEquals("▁ <0xC3> <0xA9> <0xC3> <0xA9> a", pieces(tokenizer, "ééa"));
  }

  @Test
  void userDefinedPiecesAreKeptWholeAndNeverMerge() {
    Tokenizer tokenizer =
        with(new Piece("hex", 0, PieceType.USER_DEFINED), new Piece("hexa", 0, PieceType.NORMAL));
    assertEquals("▁ t hex a", pieces(tokenizer, "thexa"));
    assertEquals("▁ hex hex he", pieces(tokenizer, "hexhexhe"));
  }

  @Test
  void piecesOfOneScoreMergeFromTheLeft() {
    Tokenizer tokenizer =
        with(new Piece("pq", -100, PieceType.NORMAL), new Piece("qp", -100, PieceType.NORMAL));
    assertEquals("▁ pq pq", pieces(tokenizer, "pqpq"));
    assertEquals("▁ qp q", pieces(tokenizer, "qpq"));
  }

  @Test
  void withoutByteFallbackUnknownCharactersInARowAreOneId() {
    List<Piece> pieces = new ArrayList<>(SmallTokenizers.pieces());
    pieces.add(new Piece("éè", -50, PieceType.NORMAL));
    SmallTokenizers.write(
        folder.resolve("tokenizer.model"),
        SmallTokenizers.model(pieces, new int[] {3, 2}, new int[] {3, 1, 4, 0, 5, 1}));
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    assertEquals("▁ <unk> a <unk>", pieces(tokenizer, "Äé語aéé"));
  }
}
