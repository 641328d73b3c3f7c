package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Normalizer;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Trainer;
import io.github.jmixtral.testkit.Fixtures;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol buffer of a SentencePiece model: what is read, and what is refused. */
@RunsOnce
class SentencePieceModelFileTest {
  private static final int PIECES = 0x0A; // field 1, length-delimited

  @TempDir Path folder;

  private Path file(int... bytes) throws IOException {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    return Files.write(folder.resolve("tokenizer.model"), content);
  }

  private void assertRefused(String message, int... bytes) throws IOException {
    Path file = file(bytes);
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> SentencePieceModelFile.read(file));
    assertTrue(
        refusal.getMessage().startsWith(folder + File.separator + message), refusal.getMessage());
    assertEquals(1, refusal.getMessage().lines().count());
  }

  @Test
  void mixtralsOwnModelIsRead() {
    SentencePieceModelFile model =
        SentencePieceModelFile.read(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
    assertEquals(32000, model.pieces().size());
    assertEquals(new Piece("<unk>", 0, PieceType.UNKNOWN), model.pieces().get(0));
    assertEquals(new Piece("<s>", 0, PieceType.CONTROL), model.pieces().get(1));
    assertEquals(new Piece("<0x00>", 0, PieceType.BYTE), model.pieces().get(3));
    assertEquals(new Piece("▁▁", -1e9f, PieceType.NORMAL), model.pieces().get(259));
    assertEquals(new Trainer(2, true, false, " ⁇ ", 1, 2, -1), model.trainer());
    assertEquals(new Normalizer(0, true, false, true), model.normalizer());
  }

  @Test
  void whatIsLeftOutHasTheFormatsDefaults() throws IOException {
    SentencePieceModelFile model = SentencePieceModelFile.read(file(PIECES, 3, 0x0A, 1, 'a'));
    assertEquals(new Piece("a", 0, PieceType.NORMAL), model.pieces().getFirst());
    assertEquals(new Trainer(1, false, false, " ⁇ ", 1, 2, -1), model.trainer());
    assertEquals(new Normalizer(0, true, true, true), model.normalizer());
  }

  @Test
  void unknownFieldsAreSkipped() throws IOException {
    SentencePieceModelFile model =
        SentencePieceModelFile.read(file(0x78, 5, PIECES, 6, 0x0A, 1, 'a', 0x7A, 1, 'z'));
    assertEquals("a", model.pieces().getFirst().text());
  }

  @Test
  void aTruncatedPieceIsRefused() throws IOException {
    assertRefused("tokenizer.model: byte ", PIECES, 9, 0x0A, 1, 'a');
  }

  @Test
  void aTextLongerThanItsPieceIsRefused() throws IOException {
    assertRefused("tokenizer.model: byte ", PIECES, 3, 0x0A, 50, 'a', PIECES, 3, 0x0A, 1, 'b');
  }

  @Test
  void aHugeLengthIsRefusedBeforeAnythingIsAllocated() throws IOException {
    assertRefused("tokenizer.model: byte ", PIECES, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0A);
    assertRefused(
        "tokenizer.model: byte ", PIECES, 8, 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 'a', 'b');
  }

  @Test
  void aNegativeLengthIsRefused() throws IOException {
    assertRefused("tokenizer.model: byte ", PIECES, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x0A);
  }

  @Test
  void aNumberWithoutAnEndIsRefused() throws IOException {
    assertRefused(
        "tokenizer.model: byte ",
        PIECES,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF);
  }

  @Test
  void textThatIsNotUtf8IsRefused() throws IOException {
    assertRefused(
        "tokenizer.model: byte 6: piece 0: the text is not UTF-8", PIECES, 4, 0x0A, 2, 0xC3, '(');
  }

  @Test
  void aFieldOfAnotherTypeIsRefused() throws IOException {
    assertRefused(
        "tokenizer.model: byte 3: score of piece 0: expected wire type 5, found wire type 0",
        PIECES,
        2,
        0x10,
        1);
    assertRefused(
        "tokenizer.model: byte 1: pieces: expected wire type 2, found wire type 0", 0x08, 1);
  }

  @Test
  void anUnknownTypeOfPieceIsRefused() throws IOException {
    assertRefused(
        "tokenizer.model: byte 4: type of piece 0: expected 1 to 6, found 7", PIECES, 2, 0x18, 7);
  }

  @Test
  void anEndOfAGroupThatDidNotBeginIsRefused() throws IOException {
    assertRefused(
        "tokenizer.model: byte 1: this is no SentencePiece model (protocol buffer):", 0x7C);
  }

  @Test
  void groupsInGroupsWithoutEndAreRefused() throws IOException {
    int[] groups = new int[100_000];
    Arrays.fill(groups, 0x7B);
    assertRefused("tokenizer.model: byte ", groups);
  }

  @Test
  void aFileThatIsFarTooLargeIsRefusedUnread() throws IOException {
    Path file = folder.resolve("tokenizer.model");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(SentencePieceModelFile.LARGEST_FILE + 1);
    }
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> SentencePieceModelFile.read(file));
    assertEquals(
        file
            + ": expected a SentencePiece model of at most 67108864 bytes, found 67108865"
            + " bytes",
        refusal.getMessage());
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("none");
    MissingFileException refusal =
        assertThrows(MissingFileException.class, () -> SentencePieceModelFile.read(file));
    assertEquals(file + ": there is no such file", refusal.getMessage());
  }
}
