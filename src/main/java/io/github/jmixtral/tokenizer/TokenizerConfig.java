package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * What {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}
 * say; all three may be absent. As in transformers 5, {@code special_tokens_map.json} counts before
 * tokenizer_config.json where this has no {@code added_tokens_decoder}.
 *
 * @param addBos whether BOS is put in front; empty when the file does not say
 * @param addEos whether EOS is put behind; empty when the file does not say
 * @param additional tokens that are special beside the four
 * @param prefix when a text gets a space in front; empty when the file does not say
 * @param decoder tokens that tokenizer_config.json adds to the vocabulary
 * @param addedTokens tokens that added_tokens.json adds, to a SentencePiece vocabulary only
 * @param chatTemplates those of files of their own, or of tokenizer_config.json
 */
record TokenizerConfig(
    Optional<Boolean> addBos,
    Optional<Boolean> addEos,
    Optional<NamedToken> bos,
    Optional<NamedToken> eos,
    Optional<NamedToken> pad,
    Optional<NamedToken> unk,
    List<NamedToken> additional,
    Optional<Metaspace.Prepend> prefix,
    List<AddedToken> decoder,
    List<AddedToken> addedTokens,
    ChatTemplates chatTemplates) {

  /** A token named by its text, where it was named, and its flags for a vocabulary without it. */
  record NamedToken(
      String place,
      String content,
      boolean normalized,
      boolean singleWord,
      boolean leftStrip,
      boolean rightStrip) {
    /** The token as one that is added to a vocabulary. */
    AddedToken withId(int id) {
      return new AddedToken(
          place, id, content, true, normalized, singleWord, leftStrip, rightStrip);
    }
  }

  /** What a vocabulary says by itself. */
  static final TokenizerConfig NONE =
      ofGguf(Optional.empty(), Optional.empty(), ChatTemplates.NONE);

  private static final Logger LOGGER = LoggerFactory.getLogger(Tokenizer.class);
  private static final Optional<JsonPart> NO_FILE = Optional.empty();

  static TokenizerConfig read(TokenizerFolder folder) {
    Optional<JsonPart> config =
        sound(folder, TokenizerFolder.TOKENIZER_CONFIG, part -> read(Optional.of(part), NO_FILE));
    Optional<JsonPart> map =
        sound(folder, TokenizerFolder.SPECIAL_TOKENS_MAP, part -> read(NO_FILE, Optional.of(part)));
    TokenizerConfig both = read(config, map);
    List<AddedToken> addedTokens = new ArrayList<>();
    if (!folder.isJson()) { // transformers reads the older spelling beside a tokenizer.model only
      sound(
          folder,
          TokenizerFolder.ADDED_TOKENS,
          part -> addedTokens.addAll(readAdded(part, both.decoder())));
    }
    return new TokenizerConfig(
        both.addBos,
        both.addEos,
        both.bos,
        both.eos,
        both.pad,
        both.unk,
        both.additional,
        both.prefix,
        both.decoder,
        List.copyOf(addedTokens),
        ChatTemplates.read(folder, config));
  }

  /** What tokenizer_config.json and special_tokens_map.json say, but for the chat templates. */
  private static TokenizerConfig read(Optional<JsonPart> config, Optional<JsonPart> map) {
    Optional<JsonPart> decoderPart = config.flatMap(part -> part.optional("added_tokens_decoder"));
    Optional<JsonPart> first = decoderPart.isPresent() ? config : map;
    Optional<JsonPart> second = decoderPart.isPresent() ? map : config;
    List<AddedToken> decoder = new ArrayList<>();
    decoderPart.ifPresent(part -> readDecoder(part, decoder));
    return new TokenizerConfig(
        config.flatMap(part -> part.optional("add_bos_token")).map(JsonPart::bool),
        config.flatMap(part -> part.optional("add_eos_token")).map(JsonPart::bool),
        token("bos_token", first, second),
        token("eos_token", first, second),
        token("pad_token", first, second),
        token("unk_token", first, second),
        Stream.of("additional_special_tokens", "extra_special_tokens")
            .flatMap(key -> named(key, first, second).stream())
            .toList(),
        config.flatMap(TokenizerConfig::prefix),
        List.copyOf(decoder),
        List.of(),
        ChatTemplates.NONE);
  }

  /** What a GGUF file says. */
  static TokenizerConfig ofGguf(
      Optional<Boolean> addBos, Optional<Boolean> addEos, ChatTemplates chatTemplates) {
    return new TokenizerConfig(
        addBos,
        addEos,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of(),
        List.of(),
        chatTemplates);
  }

  /**
   * The tokens that are special because they are named. What names a pad or unknown token that no
   * vocabulary has is left over from training, and names nothing.
   */
  List<NamedToken> namedTokens() {
    return Stream.of(bos.stream(), eos.stream(), additional.stream())
        .flatMap(tokens -> tokens)
        .toList();
  }

  private static Optional<Metaspace.Prepend> prefix(JsonPart config) {
    if (!config.bool("add_prefix_space", true)) {
      return Optional.of(Metaspace.Prepend.NEVER);
    }
    return config
        .optional("legacy")
        .map(legacy -> legacy.bool() ? Metaspace.Prepend.ALWAYS : Metaspace.Prepend.FIRST);
  }

  /**
   * A file beside the vocabulary; a broken one counts as absent.
   *
   * @param reader reads all of the file
   */
  private static Optional<JsonPart> sound(
      TokenizerFolder folder, String name, Consumer<JsonPart> reader) {
    try {
      Optional<JsonPart> root =
          folder.beside(name).map(file -> JsonPart.root(file.toString(), JsonFile.read(file)));
      root.ifPresent(reader);
      return root;
    } catch (MalformedFileException fault) {
      LOGGER.warn("{}; {} is passed over", fault.getMessage(), name);
      return Optional.empty();
    }
  }

  /** {@code added_tokens_decoder}: id → token. */
  private static void readDecoder(JsonPart part, List<AddedToken> added) {
    for (Map.Entry<String, JsonNode> entry : part.node().properties()) {
      JsonPart token = part.entry(entry.getKey(), entry.getValue());
      added.add(AddedToken.read(token, id(token, entry.getKey())));
    }
  }

  private static int id(JsonPart token, String key) {
    if (!key.matches("[0-9]{1,9}")) {
      throw token.malformed("an id as key", Excerpt.quote(key));
    }
    return Integer.parseInt(key);
  }

  /** {@code added_tokens.json}: text → id; the older spelling, without flags. */
  private static List<AddedToken> readAdded(JsonPart root, List<AddedToken> decoder) {
    List<AddedToken> addedTokens = new ArrayList<>();
    Set<String> known =
        decoder.stream().map(AddedToken::content).collect(Collectors.toUnmodifiableSet());
    for (Map.Entry<String, JsonNode> entry : root.node().properties()) {
      JsonPart id =
          new JsonPart(root.place() + ": " + Excerpt.quote(entry.getKey()), entry.getValue());
      if (entry.getKey().isEmpty()) {
        throw new MalformedFileException(root.place(), "the text of a token is empty");
      }
      if (!known.contains(entry.getKey())) {
        addedTokens.add(AddedToken.named(id.place(), id.nonNegativeInt(), entry.getKey()));
      }
    }
    return addedTokens;
  }

  private static Optional<NamedToken> token(
      String name, Optional<JsonPart> first, Optional<JsonPart> second) {
    return first
        .flatMap(part -> part.optional(name))
        .or(() -> second.flatMap(part -> part.optional(name)))
        .map(TokenizerConfig::named);
  }

  /** A list of tokens, or an object with one under each of its keys. */
  private static List<NamedToken> named(
      String name, Optional<JsonPart> first, Optional<JsonPart> second) {
    Optional<JsonPart> list =
        first
            .flatMap(part -> part.optional(name))
            .or(() -> second.flatMap(part -> part.optional(name)));
    if (list.isEmpty()) {
      return List.of();
    }
    List<JsonPart> tokens =
        list.get().node().isObject()
            ? list.get().node().properties().stream()
                .map(entry -> list.get().entry(entry.getKey(), entry.getValue()))
                .toList()
            : list.get().elements();
    return tokens.stream().map(TokenizerConfig::named).toList();
  }

  /** A token is written as its text, or as an object with a content and flags. */
  private static NamedToken named(JsonPart part) {
    if (!part.node().isObject()) {
      return new NamedToken(part.place(), part.string(), false, false, false, false);
    }
    JsonPart text = part.required("content");
    return new NamedToken(
        text.place(),
        text.string(),
        part.bool("normalized", false),
        part.bool("single_word", false),
        part.bool("lstrip", false),
        part.bool("rstrip", false));
  }
}
