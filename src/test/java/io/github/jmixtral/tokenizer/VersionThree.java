package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.SmallTokenizers.Piece;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The vocabulary of Mixtral-8x22B-Instruct, made of that of Mixtral-8x7B: 768 control and
 * user-defined pieces stand before the bytes, everything else is the same.
 */
public final class VersionThree {
  private static final List<String> NAMED =
      List.of(
          "[INST]",
          "[/INST]",
          "[TOOL_CALLS]",
          "[AVAILABLE_TOOLS]",
          "[/AVAILABLE_TOOLS]",
          "[TOOL_RESULTS]",
          "[/TOOL_RESULTS]",
          "[IMG]",
          "[PREFIX]",
          "[MIDDLE]",
          "[SUFFIX]");

  private static final int FIRST_REFERENCE = 751;
  private static final int FIRST_BYTE = 771;

  private VersionThree() {}

  /** Writes the vocabulary to a file and reads it. */
  public static Tokenizer tokenizer(Path file) {
    return Tokenizer.fromPretrained(SmallTokenizers.write(file, SmallTokenizers.model(pieces())));
  }

  private static List<Piece> pieces() {
    List<SentencePieceModelFile.Piece> versionOne =
        SentencePieceModelFile.read(Fixtures.folder("tokenizer").resolve("tokenizer.model"))
            .pieces();
    List<Piece> pieces = new ArrayList<>();
    versionOne.subList(0, 3).forEach(piece -> pieces.add(copy(piece)));
    NAMED.forEach(name -> pieces.add(new Piece(name, 0, PieceType.CONTROL)));
    while (pieces.size() < FIRST_REFERENCE) {
      pieces.add(new Piece("[control_" + (pieces.size() - 2) + "]", 0, PieceType.CONTROL));
    }
    while (pieces.size() < FIRST_BYTE) {
      int number = FIRST_BYTE - 1 - pieces.size();
      pieces.add(new Piece("[REFERENCE_DOC_" + number + "]", 0, PieceType.USER_DEFINED));
    }
    versionOne.subList(3, versionOne.size()).forEach(piece -> pieces.add(copy(piece)));
    return pieces;
  }

  private static Piece copy(SentencePieceModelFile.Piece piece) {
    return new Piece(piece.text(), piece.score(), piece.type());
  }
}
