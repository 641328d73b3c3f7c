package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.SmallTokenizers.Piece;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is wrong with the pieces of a tokenizer.model is named: file, place, expected, found. */
@RunsOnce
class DamagedTokenizerModelTest {
  private static final int[] TRAINER = {3, 2, 35, 1};
  private static final int[] NORMALIZER = {3, 1, 4, 0, 5, 1};

  @TempDir Path folder;

  private Path write(byte[] model) {
    return SmallTokenizers.write(folder.resolve("tokenizer.model"), model);
  }

  private void assertMalformed(Consumer<List<Piece>> damage, String message) {
    List<Piece> pieces = new ArrayList<>(SmallTokenizers.pieces());
    damage.accept(pieces);
    Path file = write(SmallTokenizers.model(pieces));
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> Tokenizer.fromPretrained(file));
    assertEquals(file + message, refusal.getMessage());
  }

  private void assertUnsupported(byte[] model, String message) {
    Path file = write(model);
    UnsupportedCheckpointException refusal =
        assertThrows(UnsupportedCheckpointException.class, () -> Tokenizer.fromPretrained(file));
    assertEquals(file + ": " + message, refusal.getMessage());
  }

  @Test
  void anEmptyVocabularyIsNamed() {
    assertMalformed(List::clear, ": the vocabulary is empty");
  }

  @Test
  void anEmptyPieceIsNamed() {
    assertMalformed(
        pieces -> pieces.set(270, new Piece("", 0, PieceType.NORMAL)),
        ": piece 270: the piece is empty");
  }

  @Test
  void aPieceThatStandsTwiceIsNamed() {
    assertMalformed(
        pieces -> pieces.add(pieces.get(260)),
        ": piece 294: the piece '▁a' is that of id 260, too");
  }

  @Test
  void aPieceIsOneLineInMessages() {
    assertMalformed(
        pieces -> {
          pieces.add(new Piece("a\nb\u001b", 0, PieceType.NORMAL));
          pieces.add(new Piece("a\nb\u001b", 0, PieceType.NORMAL));
        },
        ": piece 295: the piece 'a?b?' is that of id 294, too");
  }

  @Test
  void aScoreThatIsNoNumberIsNamed() {
    assertMalformed(
        pieces -> pieces.set(270, new Piece("xy", Float.NaN, PieceType.NORMAL)),
        ": piece 270: expected a finite score, found NaN");
  }

  @ParameterizedTest
  @EnumSource(
      value = PieceType.class,
      names = {"USER_DEFINED", "CONTROL"})
  void aPieceOfImpossibleLengthIsNamedWhateverItsType(PieceType type) {
    assertMalformed(
        pieces -> pieces.add(new Piece("x".repeat(513), 0, type)),
        ": piece 294: expected at most 512 characters, found 513");
  }

  @Test
  void aPieceOfImpossibleLengthIsNamed() {
    assertMalformed(
        pieces -> pieces.add(new Piece("a".repeat(513), 0, PieceType.NORMAL)),
        ": piece 294: expected at most 512 characters, found 513");
  }

  @Test
  void aByteThatIsNoneIsNamed() {
    assertMalformed(
        pieces -> pieces.set(3, new Piece("<0x0>", 0, PieceType.BYTE)),
        ": piece 3: expected a byte as <0x0A>, found '<0x0>'");
  }

  @Test
  void aMissingByteIsNamed() {
    assertMalformed(
        pieces -> pieces.remove(3 + 0x41),
        ": byte_fallback is set, but the byte piece <0x41> is missing");
  }

  @Test
  void aMissingUnknownPieceIsNamed() {
    assertMalformed(
        pieces -> pieces.set(0, new Piece("<unk>", 0, PieceType.CONTROL)),
        ": the unknown piece is missing");
  }

  @Test
  void twoUnknownPiecesAreNamed() {
    assertMalformed(
        pieces -> pieces.set(5, new Piece("<other>", 0, PieceType.UNKNOWN)),
        ": there are two unknown pieces, ids 0 and 5");
  }

  @Test
  void anAddedTokenThatContradictsAPieceIsNamed() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    assertAddedIsRefused(
        "{\"<x>\": 1}", "added_tokens.json: '<x>': expected '<s>', the piece of id 1, found '<x>'");
    assertAddedIsRefused(
        "{\"<x>\": 300}",
        "added_tokens.json: '<x>': expected ids that follow the vocabulary, next 294, found 300");
    assertAddedIsRefused(
        "{\"abc\": 294}", "added_tokens.json: 'abc': another id has the piece 'abc', too");
  }

  @Test
  void addedTokensThatAreNoneArePassedOverWithAWarning() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    assertAddedIsPassedOver(
        "{\"<x>\": -4}",
        "added_tokens.json: '<x>': expected an integer from 0 to 2147483647, found -4");
    assertAddedIsPassedOver("{\"\": 294}", "added_tokens.json: the text of a token is empty");
  }

  private void assertAddedIsPassedOver(String json, String message) {
    SmallTokenizers.write(folder.resolve("added_tokens.json"), json);
    String log = LogCapture.of(() -> Tokenizer.fromPretrained(folder));
    assertTrue(log.contains(message), log);
  }

  private void assertAddedIsRefused(String json, String message) {
    SmallTokenizers.write(folder.resolve("added_tokens.json"), json);
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> Tokenizer.fromPretrained(folder));
    assertEquals(folder + File.separator + message, refusal.getMessage());
  }

  @Test
  void otherKindsOfModelsAreUnsupported() {
    List<Piece> pieces = SmallTokenizers.pieces();
    assertUnsupported(
        SmallTokenizers.model(pieces, new int[] {3, 1, 35, 1}, NORMALIZER),
        "trainer_spec.model_type: expected 2 (BPE), found 1");
    assertUnsupported(
        SmallTokenizers.model(pieces, new int[] {3, 2, 24, 1, 35, 1}, NORMALIZER),
        "trainer_spec.treat_whitespace_as_suffix: expected false, found true");
    assertUnsupported(
        SmallTokenizers.model(pieces, TRAINER, new int[] {3, 1, 4, 1, 5, 1}),
        "normalizer_spec.remove_extra_whitespaces: expected false, found true");
    assertUnsupported(
        SmallTokenizers.model(pieces, TRAINER, new int[] {2, 7, 3, 1, 4, 0, 5, 1}),
        "normalizer_spec.precompiled_charsmap: expected none (identity), found 7 bytes");
    List<Piece> unused = new ArrayList<>(pieces);
    unused.add(new Piece("xy", 0, PieceType.UNUSED));
    assertUnsupported(
        SmallTokenizers.model(unused), "piece 294: pieces of type UNUSED are not supported");
  }

  /** Whatever bytes stand in the file, the answer is a tokenizer or a refusal. */
  @Test
  void truncatedAndScrambledModelsAreRefusedOrRead() throws IOException {
    byte[] good = SmallTokenizers.model(SmallTokenizers.pieces());
    for (int length = 0; length < good.length; length += 29) {
      assertRefusedOrRead(Arrays.copyOf(good, length));
    }
    Random random = new Random(11);
    for (int i = 0; i < 800; i++) {
      byte[] scrambled = good.clone();
      for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
        scrambled[random.nextInt(scrambled.length)] = (byte) random.nextInt();
      }
      assertRefusedOrRead(scrambled);
    }
    byte[] mixtral = Files.readAllBytes(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
    assertRefusedOrRead(Arrays.copyOf(mixtral, mixtral.length / 2));
  }

  private void assertRefusedOrRead(byte[] bytes) {
    Path file = write(bytes);
    try {
      Tokenizer tokenizer = Tokenizer.fromPretrained(file);
      tokenizer.decode(tokenizer.encode("the abc é"));
    } catch (JmixtralException refusal) {
      assertTrue(refusal.getMessage().startsWith(file.toString()), refusal.getMessage());
    }
  }
}
