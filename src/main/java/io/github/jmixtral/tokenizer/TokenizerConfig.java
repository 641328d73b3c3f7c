package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}
 * say; all three may be absent.
 *
 * @param addBos whether BOS is put in front; empty when the file does not say
 * @param addEos whether EOS is put behind; empty when the file does not say
 * @param chatTemplate the source of the template, of chat_template.jinja or tokenizer_config.json
 * @param added tokens that the folder adds to a SentencePiece vocabulary
 */
record TokenizerConfig(
    Optional<Boolean> addBos,
    Optional<Boolean> addEos,
    Optional<NamedToken> bos,
    Optional<NamedToken> eos,
    Optional<NamedToken> pad,
    Optional<NamedToken> unk,
    List<AddedToken> added,
    Optional<String> chatTemplate) {

  /** A token named by its text, and where it was named. */
  record NamedToken(String place, String content) {}

  static TokenizerConfig read(TokenizerFolder folder) {
    Optional<JsonPart> config = root(folder, TokenizerFolder.TOKENIZER_CONFIG);
    Optional<JsonPart> map = root(folder, TokenizerFolder.SPECIAL_TOKENS_MAP);
    List<AddedToken> added = new ArrayList<>();
    config
        .flatMap(part -> part.optional("added_tokens_decoder"))
        .ifPresent(part -> readDecoder(part, added));
    root(folder, TokenizerFolder.ADDED_TOKENS).ifPresent(part -> readAdded(part, added));
    return new TokenizerConfig(
        config.flatMap(part -> part.optional("add_bos_token")).map(JsonPart::bool),
        config.flatMap(part -> part.optional("add_eos_token")).map(JsonPart::bool),
        token("bos_token", config, map),
        token("eos_token", config, map),
        token("pad_token", config, map),
        token("unk_token", config, map),
        List.copyOf(added),
        chatTemplate(folder, config));
  }

  /** A file of its own wins; in tokenizer_config.json there may be several with names. */
  private static Optional<String> chatTemplate(TokenizerFolder folder, Optional<JsonPart> config) {
    Optional<Path> file = folder.beside(TokenizerFolder.CHAT_TEMPLATE);
    if (file.isPresent()) {
      return Optional.of(readText(file.get()));
    }
    return config
        .flatMap(part -> part.optional("chat_template"))
        .map(part -> part.node().isArray() ? defaultOf(part) : part.string());
  }

  private static String defaultOf(JsonPart list) {
    List<JsonPart> templates = list.elements();
    return templates.stream()
        .filter(part -> templates.size() == 1 || part.required("name").string().equals("default"))
        .map(part -> part.required("template").string())
        .findFirst()
        .orElseThrow(
            () ->
                list.malformed("a template with the name 'default'", templates.size() + " others"));
  }

  private static String readText(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(
          file.getFileName().toString(), "UTF-8 text", "bytes that are not", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static Optional<JsonPart> root(TokenizerFolder folder, String name) {
    return folder.beside(name).map(file -> JsonPart.root(name, JsonFile.read(file)));
  }

  /** {@code added_tokens_decoder}: id → token. */
  private static void readDecoder(JsonPart part, List<AddedToken> added) {
    for (Map.Entry<String, JsonNode> entry : part.node().properties()) {
      JsonPart token = part.entry(entry.getKey(), entry.getValue());
      added.add(
          new AddedToken(
              token.place(),
              id(token, entry.getKey()),
              token.required("content").string(),
              token.bool("special", false),
              token.bool("normalized", false),
              token.bool("single_word", false),
              token.bool("lstrip", false),
              token.bool("rstrip", false)));
    }
  }

  private static int id(JsonPart token, String key) {
    if (!key.matches("[0-9]{1,9}")) {
      throw token.malformed("an id as key", Excerpt.quote(key));
    }
    return Integer.parseInt(key);
  }

  /** {@code added_tokens.json}: text → id; the older spelling, without flags. */
  private static void readAdded(JsonPart root, List<AddedToken> added) {
    for (Map.Entry<String, JsonNode> entry : root.node().properties()) {
      JsonPart id =
          new JsonPart(root.place() + ": " + Excerpt.quote(entry.getKey()), entry.getValue());
      if (entry.getKey().isEmpty()) {
        throw new MalformedFileException(root.place(), "tokens with a text", "an empty one");
      }
      boolean known = added.stream().anyMatch(token -> token.content().equals(entry.getKey()));
      if (!known) {
        added.add(
            new AddedToken(
                id.place(), id.nonNegativeInt(), entry.getKey(), true, false, false, false, false));
      }
    }
  }

  /** A token is written as its text, or as an object with a content. */
  private static Optional<NamedToken> token(
      String name, Optional<JsonPart> config, Optional<JsonPart> map) {
    return config
        .flatMap(part -> part.optional(name))
        .or(() -> map.flatMap(part -> part.optional(name)))
        .map(part -> part.node().isObject() ? part.required("content") : part)
        .map(part -> new NamedToken(part.place(), part.string()));
  }
}
