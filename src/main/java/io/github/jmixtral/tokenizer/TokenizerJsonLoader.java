package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.tokenizer.Vocabulary.Entry;
import io.github.jmixtral.tokenizer.Vocabulary.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** Makes a tokenizer of a tokenizer.json. */
final class TokenizerJsonLoader {
  /** Far more than vocabularies have; bounds the memory that one number in a file may ask for. */
  private static final int MOST_HOLES = 100_000;

  private final JsonPart root;
  private final JsonPart model;
  private final List<AddedToken> added;
  private final Vocabulary vocabulary;

  private TokenizerJsonLoader(JsonPart root, TokenizerConfig config) {
    this.root = root;
    this.model = root.required("model");
    this.added = withConfigured(readAddedTokens(root.optional("added_tokens")), config, vocabIds());
    this.vocabulary = readVocabulary();
  }

  /**
   * Checks the file and builds its encoder. The sections {@code truncation} and {@code padding} are
   * not looked at: they are settings of a call, and this library's calls have their own.
   *
   * @param config what the folder adds to the file
   * @throws MalformedFileException if the file contradicts itself
   * @throws UnsupportedCheckpointException if it has a component that is not supported
   */
  static LoadedTokenizer load(String fileName, JsonNode node, TokenizerConfig config) {
    return new TokenizerJsonLoader(JsonPart.root(fileName, node), config).load();
  }

  private LoadedTokenizer load() {
    TextNormalizer normalizer = TextNormalizer.read(root.optional("normalizer"));
    Optional<Metaspace> metaspace = Metaspace.read(root.optional("pre_tokenizer"));
    TokenizerJsonModel bytePairs = new TokenizerJsonModel(model, vocabulary);
    JsonTextEncoder.Words words = bytePairs.words();
    TextEncoder encoder =
        new JsonTextEncoder(
            addedTokens(normalizer), normalizer, metaspace, words, bytePairs.plainWords(words));
    List<DecoderStep> steps = DecoderStep.read(root);
    TemplateIds template = TemplateIds.read(root.optional("post_processor"), vocabulary);
    return new LoadedTokenizer(
        vocabulary,
        encoder,
        skip -> new JsonTokenDecoder(vocabulary, skip, steps),
        false,
        template.prefix(),
        template.suffix(),
        control("<s>"),
        control("</s>"),
        OptionalInt.empty(),
        bytePairs.unknownId());
  }

  private OptionalInt control(String piece) {
    OptionalInt id = vocabulary.id(piece);
    return id.isPresent() && vocabulary.kind(id.getAsInt()) == Kind.CONTROL
        ? id
        : OptionalInt.empty();
  }

  private static List<AddedToken> readAddedTokens(Optional<JsonPart> part) {
    return part.map(JsonPart::elements).orElse(List.of()).stream()
        .map(token -> AddedToken.read(token, token.required("id").nonNegativeInt()))
        .toList();
  }

  /**
   * The file's added tokens, those of tokenizer_config.json, which change or follow them, and the
   * named ones, which are special.
   */
  private static List<AddedToken> withConfigured(
      List<AddedToken> ofFile, TokenizerConfig config, Map<String, Integer> vocab) {
    Map<String, AddedToken> tokens = new LinkedHashMap<>();
    ofFile.forEach(token -> tokens.put(token.content(), token));
    if (tokens.size() < ofFile.size()) {
      return ofFile; // contradicts itself, which is found later
    }
    config.decoder().forEach(token -> tokens.put(token.content(), token));
    int last = Math.max(greatest(vocab.values()), greatest(ids(tokens)));
    for (TokenizerConfig.NamedToken named : config.namedTokens()) {
      AddedToken known = tokens.get(named.content());
      if (known != null) {
        tokens.put(named.content(), known.asSpecial());
      } else if (!named.content().isEmpty()) {
        int id = vocab.getOrDefault(named.content(), last == Integer.MAX_VALUE ? last : last + 1);
        last = Math.max(last, id);
        tokens.put(named.content(), named.withId(id));
      }
    }
    return List.copyOf(tokens.values());
  }

  private static List<Integer> ids(Map<String, AddedToken> tokens) {
    return tokens.values().stream().map(AddedToken::id).toList();
  }

  private static int greatest(Collection<Integer> ids) {
    return ids.stream().mapToInt(id -> id).max().orElse(-1);
  }

  private Map<String, Integer> vocabIds() {
    JsonPart vocab = model.required("vocab");
    if (!vocab.node().isObject() || vocab.node().isEmpty()) {
      throw vocab.malformed(
          "the vocabulary must be an object with at least one piece, but is " + vocab.describe());
    }
    Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(vocab.node().size());
    for (Map.Entry<String, JsonNode> entry : vocab.node().properties()) {
      ids.put(entry.getKey(), vocab.entry(entry.getKey(), entry.getValue()).nonNegativeInt());
    }
    return ids;
  }

  /**
   * The ids of {@code model.vocab}, which may leave holes, and those of {@code added_tokens}, which
   * follow them or fill holes.
   */
  private Vocabulary readVocabulary() {
    JsonPart vocab = model.required("vocab");
    boolean byteFallback = model.bool("byte_fallback", false);
    Map<String, Integer> ids = vocabIds();
    for (AddedToken token : added) {
      Integer other = ids.putIfAbsent(token.content(), token.id());
      if (token.content().isEmpty()) {
        throw new MalformedFileException(token.place(), "the content is empty");
      }
      if (other != null && other != token.id()) {
        throw new MalformedFileException(
            token.place(), "the id is " + token.id() + ", but " + other + " in model.vocab");
      }
    }
    int last = greatest(vocabIds().values());
    if (last >= ids.size() + MOST_HOLES) {
      throw vocab.malformed(
          "the ids go up to %d, but there are only %d pieces".formatted(last, ids.size()));
    }
    List<Entry> entries = new ArrayList<>(Collections.nCopies(last + 1, Entry.HOLE));
    vocabIds().forEach((piece, id) -> place(piece, id, entries, vocab, byteFallback));
    model.optional("unk_token").ifPresent(this::checkUnknown);
    placeAdded(entries);
    return new Vocabulary(withUnknown(entries, ids));
  }

  private void placeAdded(List<Entry> entries) {
    List<AddedToken> ordered =
        added.stream().sorted(Comparator.comparingInt(AddedToken::id)).toList();
    for (AddedToken token : ordered) {
      if (token.id() > entries.size()) {
        throw new MalformedFileException(
            token.place(),
            "id %d of %s is neither in the vocabulary nor the next one, %d"
                .formatted(token.id(), Excerpt.quote(token.content()), entries.size()));
      }
      if (token.id() == entries.size()) {
        entries.add(Entry.HOLE);
      }
      Entry other = entries.get(token.id());
      if (other != Entry.HOLE && !other.piece().equals(token.content())) {
        throw new MalformedFileException(
            token.place(),
            "both %s and %s have id %d"
                .formatted(
                    Excerpt.quote(other.piece()), Excerpt.quote(token.content()), token.id()));
      }
      Kind kind = token.special() ? Kind.CONTROL : Kind.USER_DEFINED;
      entries.set(token.id(), new Entry(token.content(), kind));
    }
  }

  private void checkUnknown(JsonPart unknown) {
    AddedToken.checkLength(unknown.place(), unknown.string());
    if (model.required("vocab").node().get(unknown.string()) == null) {
      throw unknown.malformed("a piece of model.vocab", Excerpt.quote(unknown.string()));
    }
  }

  private List<Entry> withUnknown(List<Entry> entries, Map<String, Integer> ids) {
    model
        .optional("unk_token")
        .ifPresent(
            unknown ->
                entries.set(
                    Objects.requireNonNull(ids.get(unknown.string())),
                    new Entry(unknown.string(), Kind.UNKNOWN)));
    return entries;
  }

  private static void place(
      String piece, int id, List<Entry> entries, JsonPart vocab, boolean byteFallback) {
    if (entries.get(id) != Entry.HOLE) {
      throw vocab.malformed(
          "both %s and %s have id %d"
              .formatted(Excerpt.quote(entries.get(id).piece()), Excerpt.quote(piece), id));
    }
    boolean isByte = byteFallback && Vocabulary.isBytePiece(piece);
    entries.set(id, new Entry(piece, isByte ? Kind.BYTE : Kind.NORMAL));
  }

  private JsonTextEncoder.AddedTokens addedTokens(TextNormalizer normalizer) {
    List<AddedToken> raw = added.stream().filter(token -> !token.normalized()).toList();
    List<AddedToken> normalized = added.stream().filter(AddedToken::normalized).toList();
    normalized.forEach(
        token -> AddedToken.checkLength(token.place(), normalizer.apply(token.content())));
    return new JsonTextEncoder.AddedTokens(
        new AddedTokenMatcher(raw, content -> content),
        new AddedTokenMatcher(normalized, normalizer::apply));
  }
}
