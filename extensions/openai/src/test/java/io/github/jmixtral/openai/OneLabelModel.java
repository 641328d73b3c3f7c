package io.github.jmixtral.openai;

import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The classifier of the fixtures with the first of its three labels, and the words of the story.
 */
final class OneLabelModel {
  private static final int LABELS = 3;
  private static final int VOCABULARY = 512;
  private static final int HIDDEN = 64;

  /** Field 1 of a vocabulary, of type bytes: a piece. */
  private static final int PIECE_TAG = 1 << 3 | 2;

  private OneLabelModel() {}

  static Path write(Path folder) throws IOException {
    Path classifier = Fixtures.folder("classifier-f32");
    String config = Files.readString(classifier.resolve("config.json"));
    Files.writeString(
        folder.resolve("config.json"),
        config
            .replaceFirst("\"id2label\": \\{[^}]*}", "\"id2label\": {\"0\": \"score\"}")
            .replaceFirst("\"label2id\": \\{[^}]*}", "\"label2id\": {\"score\": 0}"));
    Files.write(
        folder.resolve("model.safetensors"),
        withOneLabel(Files.readAllBytes(classifier.resolve("model.safetensors"))));
    Files.write(
        folder.resolve("tokenizer.model"),
        firstWords(Files.readAllBytes(Fixtures.storyteller().resolve("tokenizer.model"))));
    return folder;
  }

  /** The head stands at the file's end: two of its rows are left out, and its shape changed. */
  private static byte[] withOneLabel(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = Math.toIntExact(bytes.getLong(0));
    String header = new String(file, Long.BYTES, headerLength, StandardCharsets.UTF_8);
    int left = (LABELS - 1) * HIDDEN * Float.BYTES;
    int end = file.length - Long.BYTES - headerLength;
    String changed =
        header
            .replace("[%d,%d]".formatted(LABELS, HIDDEN), "[1,%d]".formatted(HIDDEN))
            .replace("," + end + "]", "," + (end - left) + "]");
    byte[] shorter = Arrays.copyOf(file, file.length - left);
    byte[] padded =
        (changed + " ".repeat(headerLength - changed.length())).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(padded, 0, shorter, Long.BYTES, headerLength);
    return shorter;
  }

  /** The pieces come first in the file, each behind its tag and a length of one byte. */
  private static byte[] firstWords(byte[] file) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int place = 0;
    for (int id = 0; file[place] == PIECE_TAG; id++) {
      int length = 2 + file[place + 1];
      if (id < VOCABULARY) {
        out.write(file, place, length);
      }
      place += length;
    }
    out.write(file, place, file.length - place);
    return out.toByteArray();
  }
}
