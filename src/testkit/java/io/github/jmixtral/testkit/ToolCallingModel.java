package io.github.jmixtral.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The model in the box with the control tokens of Mistral's third chat format in its vocabulary, in
 * place of rare pieces: it can be offered tools, and calls them if it must.
 */
public final class ToolCallingModel {
  private static final int FIRST_ID = 1700;

  private ToolCallingModel() {}

  /** Writes the model into a folder. */
  public static Path write(Path folder) {
    Path storyteller = Fixtures.storyteller();
    try {
      for (String name : List.of("config.json", "generation_config.json", "model.safetensors")) {
        Files.copy(storyteller.resolve(name), folder.resolve(name));
      }
      SentencePieces vocabulary =
          SentencePieces.read(Files.readAllBytes(storyteller.resolve("tokenizer.model")));
      int id = FIRST_ID;
      for (String name : VersionThree.CHAT_CONTROLS) {
        vocabulary.pieces().set(id++, SentencePieces.piece(name, SentencePieces.CONTROL));
      }
      Files.write(folder.resolve("tokenizer.model"), vocabulary.file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }
}
