package io.github.jmixtral.testkit;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The vocabulary of Mixtral-8x22B-Instruct, made of that of Mixtral-8x7B: 768 control and
 * user-defined pieces stand before the bytes, everything else is the same.
 */
public final class VersionThree {
  /** Its number of pieces. */
  static final int SIZE = 32768;

  static final List<String> CHAT_CONTROLS =
      List.of(
          "[INST]",
          "[/INST]",
          "[TOOL_CALLS]",
          "[AVAILABLE_TOOLS]",
          "[/AVAILABLE_TOOLS]",
          "[TOOL_RESULTS]",
          "[/TOOL_RESULTS]");

  private static final List<String> OTHER_CONTROLS =
      List.of("[IMG]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]");

  private static final int FIRST_REFERENCE = 751;
  private static final int FIRST_BYTE = 771;

  private VersionThree() {}

  /** Writes the vocabulary to a file and reads it. */
  public static Tokenizer tokenizer(Path file) {
    return Tokenizer.fromPretrained(write(file));
  }

  /** Writes the vocabulary to a file. */
  static Path write(Path file) {
    try {
      byte[] versionOne =
          Files.readAllBytes(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
      return Files.write(file, of(SentencePieces.read(versionOne)).file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SentencePieces of(SentencePieces versionOne) {
    List<byte[]> pieces = new ArrayList<>(versionOne.pieces().subList(0, 3));
    CHAT_CONTROLS.forEach(name -> pieces.add(control(name)));
    OTHER_CONTROLS.forEach(name -> pieces.add(control(name)));
    while (pieces.size() < FIRST_REFERENCE) {
      pieces.add(control("[control_" + (pieces.size() - 2) + "]"));
    }
    while (pieces.size() < FIRST_BYTE) {
      int number = FIRST_BYTE - 1 - pieces.size();
      pieces.add(
          SentencePieces.piece("[REFERENCE_DOC_" + number + "]", SentencePieces.USER_DEFINED));
    }
    pieces.addAll(versionOne.pieces().subList(3, versionOne.pieces().size()));
    return new SentencePieces(pieces, versionOne.rest());
  }

  private static byte[] control(String name) {
    return SentencePieces.piece(name, SentencePieces.CONTROL);
  }
}
