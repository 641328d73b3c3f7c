package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.GgufPieces;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Normalizer;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.internal.format.SentencePieceModelFile.PieceType;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tokenizer in a GGUF file's metadata: a SentencePiece model and what stands beside one in a
 * folder. As a folder's files it is a {@code tokenizer.model} and a {@code tokenizer_config.json}.
 *
 * @param model the vocabulary with its scores, as llama.cpp reads it
 * @param unknownId the id of what has no piece
 * @param config what is put around a text, and the chat template
 */
record GgufTokenizer(SentencePieceModelFile model, int unknownId, TokenizerConfig config)
    implements TokenizerSource {
  static final String MODEL = GgufMetadata.TOKENIZER_MODEL;
  static final String BOS_ID = "tokenizer.ggml.bos_token_id";
  static final String UNKNOWN_ID = "tokenizer.ggml.unknown_token_id";
  static final String PAD_ID = "tokenizer.ggml.padding_token_id";
  static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
  static final String ADD_EOS = "tokenizer.ggml.add_eos_token";
  static final String ADD_SPACE = "tokenizer.ggml.add_space_prefix";
  static final String CHAT_TEMPLATE = "tokenizer.chat_template";
  static final String TOOL_USE_TEMPLATE = CHAT_TEMPLATE + "." + ChatTemplates.TOOL_USE;

  /** The names of the templates beside the usual one. */
  static final String TEMPLATE_NAMES = "tokenizer.chat_templates";

  /** SentencePiece, as Llama has it. */
  static final String SENTENCE_PIECE = "llama";

  private static final int BPE = 2;

  /**
   * Reads the tokenizer of a file.
   *
   * @throws MissingFileException if the file has none
   * @throws io.github.jmixtral.error.MalformedFileException if its parts contradict each other
   * @throws UnsupportedCheckpointException if it is no SentencePiece model
   */
  static GgufTokenizer read(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      GgufMetadata metadata = GgufMetadata.of(GgufFile.open(file, arena));
      if (!metadata.hasTokenizer()) {
        throw new MissingFileException(
            metadata.place(MODEL), "the file has no tokenizer; use token ids instead of texts");
      }
      String model = metadata.text(MODEL).orElseThrow();
      if (!model.equals(SENTENCE_PIECE)) {
        throw new UnsupportedCheckpointException(
            metadata.place(MODEL), "'" + SENTENCE_PIECE + "', SentencePiece", Excerpt.quote(model));
      }
      List<Piece> pieces = GgufPieces.of(metadata);
      if (pieces.isEmpty()) {
        throw new MalformedFileException(
            metadata.place(GgufPieces.TOKENS), "a vocabulary", "no piece");
      }
      int size = pieces.size();
      return new GgufTokenizer(
          new SentencePieceModelFile(
              metadata.file(),
              pieces,
              new Trainer(
                  BPE,
                  pieces.stream().anyMatch(piece -> piece.type() == PieceType.BYTE),
                  false,
                  Trainer.USUAL_UNKNOWN_SURFACE,
                  metadata.id(BOS_ID, size).orElse(1),
                  metadata.id(GgufPieces.EOS_ID, size).orElse(GgufPieces.DEFAULT_EOS),
                  metadata.id(PAD_ID, size).orElse(-1)),
              new Normalizer(0, metadata.flag(ADD_SPACE).orElse(true), false, true)),
          metadata.id(UNKNOWN_ID, size).orElse(0),
          config(metadata));
    }
  }

  private static TokenizerConfig config(GgufMetadata metadata) {
    return TokenizerConfig.ofGguf(
        metadata.flag(ADD_BOS),
        metadata.flag(ADD_EOS),
        ChatTemplates.orFault(
            () ->
                new ChatTemplates(metadata.text(CHAT_TEMPLATE), metadata.text(TOOL_USE_TEMPLATE))));
  }

  LoadedTokenizer load() {
    return GgufLoader.load(model, unknownId);
  }

  @Override
  public Optional<Boolean> addsBos(TokenizerConfig config) {
    return config.addBos();
  }

  @Override
  public Optional<Boolean> addsEos(TokenizerConfig config) {
    return config.addEos();
  }

  @Override
  public boolean isVersionTwo() {
    return false;
  }

  @Override
  public void requireFits(Path folder) {
    TokenizerFolder.FILES.forEach(
        name -> TokenizerFolder.requireNoOther(Optional.empty(), folder.resolve(name)));
  }

  @Override
  public void copyTo(Path folder) {
    requireFits(folder);
    try {
      Files.createDirectories(folder);
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be created", failure);
    }
    forFolder().write(folder.resolve(TokenizerFolder.TOKENIZER_MODEL));
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    config.addBos().ifPresent(add -> settings.put("add_bos_token", add));
    config.addEos().ifPresent(add -> settings.put("add_eos_token", add));
    putTemplates(config.chatTemplates().requireSound(), settings);
    JsonFile.write(folder.resolve(TokenizerFolder.TOKENIZER_CONFIG), settings);
  }

  /** SentencePiece wants one unknown piece, no unused ones, and spaces written as elsewhere. */
  private SentencePieceModelFile forFolder() {
    List<Piece> pieces = new ArrayList<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      Piece piece = model.pieces().get(id);
      PieceType type =
          switch (piece.type()) {
            case NORMAL, CONTROL, USER_DEFINED, BYTE -> piece.type();
            case UNKNOWN, UNUSED -> PieceType.CONTROL;
          };
      String text =
          type == PieceType.USER_DEFINED
              ? piece.text().replace(" ", Vocabulary.SPACE)
              : piece.text();
      pieces.add(new Piece(text, piece.score(), id == unknownId ? PieceType.UNKNOWN : type));
    }
    return new SentencePieceModelFile(
        model.fileName(), pieces, model.trainer(), model.normalizer());
  }

  private static void putTemplates(ChatTemplates templates, ObjectNode settings) {
    if (templates.toolUse().isEmpty()) {
      templates.usual().ifPresent(source -> settings.put("chat_template", source));
      return;
    }
    ArrayNode list = settings.putArray("chat_template");
    templates.usual().ifPresent(source -> putTemplate(ChatTemplates.DEFAULT, source, list));
    templates.toolUse().ifPresent(source -> putTemplate(ChatTemplates.TOOL_USE, source, list));
  }

  private static void putTemplate(String name, String source, ArrayNode list) {
    list.addObject().put("name", name).put("template", source);
  }
}
