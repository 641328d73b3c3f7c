package io.github.jmixtral.tokenizer;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes tokenizer files of a few pieces, whole or damaged. */
final class SmallTokenizers {
  static final JsonMapper MAPPER = new JsonMapper();

  /** A piece of a SentencePiece model. */
  record Piece(String text, float score, PieceType type) {}

  private SmallTokenizers() {}

  /** {@code <unk> <s> </s>}, the 256 bytes, letters and a few words. */
  static List<Piece> pieces(String... controls) {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Piece("<unk>", 0, PieceType.UNKNOWN));
    pieces.add(new Piece("<s>", 0, PieceType.CONTROL));
    pieces.add(new Piece("</s>", 0, PieceType.CONTROL));
    for (String control : controls) {
      pieces.add(new Piece(control, 0, PieceType.CONTROL));
    }
    for (int value = 0; value < 256; value++) {
      pieces.add(new Piece(Vocabulary.bytePiece(value), 0, PieceType.BYTE));
    }
    float score = 0;
    for (String word : List.of("ab", "▁a", "▁ab", "abc", "▁the", "he", "th", "the")) {
      pieces.add(new Piece(word, score--, PieceType.NORMAL));
    }
    for (String letter : "▁abcdefghijklmnopqrstuvwxyz".split("")) {
      pieces.add(new Piece(letter, score--, PieceType.NORMAL));
    }
    return pieces;
  }

  /** The bytes of a SentencePiece model with byte fallback, as Mixtral's own is made. */
  static byte[] model(List<Piece> pieces) {
    return model(pieces, new int[] {3, 2, 35, 1}, new int[] {3, 1, 4, 0, 5, 1});
  }

  /**
   * @param trainer field numbers and values of the trainer's integers, in turns
   * @param normalizer the same of the normaliser
   */
  static byte[] model(List<Piece> pieces, int[] trainer, int[] normalizer) {
    return message(
        out -> {
          for (Piece piece : pieces) {
            out.writeByteArray(
                1,
                message(
                    p -> {
                      p.writeString(1, piece.text());
                      p.writeFloat(2, piece.score());
                      p.writeEnum(3, piece.type().ordinal() + 1);
                    }));
          }
          out.writeByteArray(2, message(fields -> writeIntegers(fields, trainer)));
          out.writeByteArray(3, message(fields -> writeIntegers(fields, normalizer)));
        });
  }

  /** Writes to a protocol buffer message. */
  interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void writeIntegers(CodedOutputStream out, int[] numbersAndValues)
      throws IOException {
    for (int i = 0; i < numbersAndValues.length; i += 2) {
      if (numbersAndValues[i] == 2) {
        out.writeBytes(2, ByteString.copyFrom(new byte[numbersAndValues[i + 1]]));
      } else {
        out.writeInt32(numbersAndValues[i], numbersAndValues[i + 1]);
      }
    }
  }

  static Path writeModel(Path folder, List<Piece> pieces) {
    return write(folder.resolve("tokenizer.model"), model(pieces));
  }

  static Path write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tokenizer.json of the same pieces as {@link #pieces}, laid out as the Hub's Mixtral. */
  static ObjectNode json(String... controls) {
    ObjectNode root =
        (ObjectNode)
            MAPPER.readTree(
                """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                 "normalizer": {"type": "Sequence", "normalizers": [
                   {"type": "Prepend", "prepend": "▁"},
                   {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                 "pre_tokenizer": null,
                 "post_processor": {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                              {"Sequence": {"id": "A", "type_id": 0}}],
                   "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [1],
                     "tokens": ["<s>"]}}},
                 "decoder": {"type": "Sequence", "decoders": [
                   {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                   {"type": "ByteFallback"}, {"type": "Fuse"},
                   {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                 "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>",
                   "continuing_subword_prefix": null, "end_of_word_suffix": null,
                   "fuse_unk": true, "byte_fallback": true, "vocab": {},
                   "merges": ["a b", "▁ a", "▁ ab", "▁a b", "ab c", "▁ the", "h e", "t h", "t he",
                     "th e"]}}
                """);
    ObjectNode vocab = (ObjectNode) root.get("model").get("vocab");
    List<Piece> pieces = pieces(controls);
    for (int id = 0; id < pieces.size(); id++) {
      vocab.put(pieces.get(id).text(), id);
    }
    addToken(root, 0, "<unk>", true);
    addToken(root, 1, "<s>", true);
    addToken(root, 2, "</s>", true);
    for (int i = 0; i < controls.length; i++) {
      addToken(root, 3 + i, controls[i], true);
    }
    return root;
  }

  static ObjectNode addToken(ObjectNode root, int id, String content, boolean special) {
    return root.withArray("added_tokens")
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
  }

  /** Writes {@link #json} after a change to it. */
  static Path writeJson(Path folder, Consumer<ObjectNode> change, String... controls) {
    ObjectNode root = json(controls);
    change.accept(root);
    Path file = folder.resolve("tokenizer.json");
    JsonFile.write(file, root);
    return file;
  }

  static Path writeConfig(Path folder, Consumer<ObjectNode> fields) {
    ObjectNode config = MAPPER.createObjectNode();
    fields.accept(config);
    Path file = folder.resolve("tokenizer_config.json");
    JsonFile.write(file, config);
    return file;
  }

  /** The pieces of ids, parted by spaces. */
  static String pieces(Tokenizer tokenizer, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(text.isEmpty() ? "" : " ").append(tokenizer.piece(id));
    }
    return text.toString();
  }
}
