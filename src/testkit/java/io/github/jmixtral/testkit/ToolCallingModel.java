package io.github.jmixtral.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The model in the box with the control tokens of Mistral's third chat format in its vocabulary, in
 * place of rare pieces: it can be offered tools, and calls them if it must.
 */
public final class ToolCallingModel {
  private static final List<String> CONTROLS =
      List.of(
          "[INST]",
          "[/INST]",
          "[TOOL_CALLS]",
          "[AVAILABLE_TOOLS]",
          "[/AVAILABLE_TOOLS]",
          "[TOOL_RESULTS]",
          "[/TOOL_RESULTS]");

  private static final int FIRST_ID = 1700;

  /** Field 1 of the file, of type bytes: a piece. */
  private static final int PIECE_TAG = 1 << 3 | 2;

  private ToolCallingModel() {}

  /** Writes the model into a folder. */
  public static Path write(Path folder) {
    Path storyteller = Fixtures.storyteller();
    try {
      for (String name : List.of("config.json", "generation_config.json", "model.safetensors")) {
        Files.copy(storyteller.resolve(name), folder.resolve(name));
      }
      byte[] plain = Files.readAllBytes(storyteller.resolve("tokenizer.model"));
      Files.write(folder.resolve("tokenizer.model"), withControls(plain));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  /** The pieces come first in the file, each behind its tag and a length of one byte. */
  private static byte[] withControls(byte[] file) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int place = 0;
    for (int id = 0; file[place] == PIECE_TAG; id++) {
      int length = file[place + 1];
      if (length < 0) {
        throw new IllegalStateException("a piece of more than 127 bytes");
      }
      int control = id - FIRST_ID;
      if (control >= 0 && control < CONTROLS.size()) {
        byte[] piece = control(CONTROLS.get(control));
        out.write(PIECE_TAG);
        out.write(piece.length);
        out.writeBytes(piece);
      } else {
        out.write(file, place, 2 + length);
      }
      place += 2 + length;
    }
    out.write(file, place, file.length - place);
    return out.toByteArray();
  }

  /** A piece with its text (field 1), the score 0 (field 2) and the type CONTROL (field 3). */
  private static byte[] control(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(1 << 3 | 2);
    out.write(bytes.length);
    out.writeBytes(bytes);
    out.write(2 << 3 | 5);
    out.writeBytes(new byte[Float.BYTES]);
    out.write(3 << 3);
    out.write(3);
    return out.toByteArray();
  }
}
