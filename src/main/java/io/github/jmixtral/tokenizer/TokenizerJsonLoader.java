package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.tokenizer.Vocabulary.Entry;
import io.github.jmixtral.tokenizer.Vocabulary.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** Makes a tokenizer of a tokenizer.json. */
final class TokenizerJsonLoader {
  private final JsonPart root;
  private final JsonPart model;
  private final List<AddedToken> added;
  private final Vocabulary vocabulary;

  private TokenizerJsonLoader(JsonPart root) {
    this.root = root;
    this.model = root.required("model");
    this.added = readAddedTokens(root.optional("added_tokens"));
    this.vocabulary = readVocabulary();
  }

  /**
   * Checks the file and builds its encoder. The sections {@code truncation} and {@code padding} are
   * not looked at: they are settings of a call, and this library's calls have their own.
   *
   * @throws MalformedFileException if the file contradicts itself
   * @throws UnsupportedCheckpointException if it has a component that is not supported
   */
  static LoadedTokenizer load(String fileName, JsonNode node) {
    return new TokenizerJsonLoader(JsonPart.root(fileName, node)).load();
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
        .map(
            token ->
                new AddedToken(
                    token.place(),
                    token.required("id").nonNegativeInt(),
                    token.required("content").string(),
                    token.bool("special", false),
                    token.bool("normalized", false),
                    token.bool("single_word", false),
                    token.bool("lstrip", false),
                    token.bool("rstrip", false)))
        .toList();
  }

  /** The ids of {@code model.vocab} and {@code added_tokens} together are 0 to n − 1. */
  private Vocabulary readVocabulary() {
    JsonPart vocab = model.required("vocab");
    if (!vocab.node().isObject() || vocab.node().isEmpty()) {
      throw vocab.malformed("an object with at least one piece", vocab.describe());
    }
    boolean byteFallback = model.bool("byte_fallback", false);
    Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(vocab.node().size());
    for (Map.Entry<String, JsonNode> entry : vocab.node().properties()) {
      ids.put(entry.getKey(), vocab.entry(entry.getKey(), entry.getValue()).nonNegativeInt());
    }
    for (AddedToken token : added) {
      Integer other = ids.putIfAbsent(token.content(), token.id());
      if (token.content().isEmpty()) {
        throw new MalformedFileException(token.place(), "a content", "an empty one");
      }
      if (other != null && other != token.id()) {
        throw new MalformedFileException(
            token.place(), "id " + other + ", as in model.vocab", "id " + token.id());
      }
    }
    List<Entry> entries = new ArrayList<>(Collections.nCopies(ids.size(), (Entry) null));
    ids.forEach((piece, id) -> place(piece, id, entries, vocab, byteFallback));
    model.optional("unk_token").ifPresent(this::checkUnknown);
    for (AddedToken token : added) {
      Kind kind = token.special() ? Kind.CONTROL : Kind.USER_DEFINED;
      entries.set(token.id(), new Entry(token.content(), kind));
    }
    return new Vocabulary(withUnknown(entries, ids));
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
                entries.set(ids.get(unknown.string()), new Entry(unknown.string(), Kind.UNKNOWN)));
    return entries;
  }

  private static void place(
      String piece, int id, List<Entry> entries, JsonPart vocab, boolean byteFallback) {
    if (id >= entries.size()) {
      throw vocab.malformed(
          "ids 0 to " + (entries.size() - 1) + " for " + entries.size() + " pieces",
          "id " + id + " of " + Excerpt.quote(piece));
    }
    if (entries.get(id) != null) {
      throw vocab.malformed(
          "a different id for every piece",
          "id %d for %s and %s"
              .formatted(id, Excerpt.quote(entries.get(id).piece()), Excerpt.quote(piece)));
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
