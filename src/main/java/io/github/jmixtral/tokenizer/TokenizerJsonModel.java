package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code model} of a tokenizer.json: a BPE vocabulary whose merges are listed in the order of
 * their rank.
 */
final class TokenizerJsonModel {
  /** A line of {@code merges} by ids; its index is the rank. */
  private record Merge(int left, int right, int joined) {}

  private final JsonPart model;
  private final Vocabulary vocabulary;
  private final OptionalInt unknownId;
  private final int @Nullable [] byteIds;
  private final List<Merge> merges;

  TokenizerJsonModel(JsonPart model, Vocabulary vocabulary) {
    this.model = model;
    this.vocabulary = vocabulary;
    checkSupported();
    this.unknownId =
        model.optional("unk_token").map(u -> vocabulary.id(u.string())).orElse(OptionalInt.empty());
    this.byteIds = model.bool("byte_fallback", false) ? byteIds() : null;
    this.merges = readMerges();
  }

  private void checkSupported() {
    String type = model.optional("type").map(JsonPart::string).orElse("BPE");
    if (!type.equals("BPE")) {
      throw model.unsupported("BPE", type);
    }
    model
        .optional("dropout")
        .filter(dropout -> !(dropout.node().isNumber() && dropout.node().asDouble(Double.NaN) == 0))
        .ifPresent(
            dropout -> {
              throw dropout.unsupported("null", dropout.describe());
            });
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      model
          .optional(affix)
          .filter(part -> !part.string().isEmpty())
          .ifPresent(
              part -> {
                throw part.unsupported("null", part.describe());
              });
    }
  }

  OptionalInt unknownId() {
    return unknownId;
  }

  /** The vocabulary as the file has it. */
  JsonTextEncoder.Words words() {
    return words(Set.of());
  }

  /** The vocabulary without special tokens, however a text might reach them. */
  JsonTextEncoder.Words plainWords(JsonTextEncoder.Words words) {
    Map<String, Integer> special = vocabulary.specialPieces();
    Set<Integer> specialIds = Set.copyOf(special.values());
    boolean unreachable =
        words.wholeWords().isEmpty()
            && special.keySet().stream()
                .noneMatch(piece -> piece.codePointCount(0, piece.length()) == 1)
            && merges.stream().noneMatch(merge -> specialIds.contains(merge.joined()));
    return unreachable ? words : words(specialIds);
  }

  private JsonTextEncoder.Words words(Set<Integer> without) {
    Set<Integer> words = new HashSet<>();
    JsonPart vocab = model.required("vocab");
    vocab.node().properties().forEach(entry -> words.add(entry.getValue().intValue()));
    words.removeAll(without);
    CodePointTable symbols = new CodePointTable();
    Map<String, Integer> wholeWords = new HashMap<>();
    boolean ignoreMerges = model.bool("ignore_merges", false);
    for (int id : words) {
      String piece = vocabulary.piece(id);
      if (!piece.isEmpty() && piece.codePointCount(0, piece.length()) == 1) {
        symbols.put(piece.codePointAt(0), id);
      }
      if (ignoreMerges) {
        wholeWords.put(piece, id);
      }
    }
    LongTable table = new LongTable();
    for (int rank = 0; rank < merges.size(); rank++) {
      Merge merge = merges.get(rank);
      if (!without.contains(merge.joined())) {
        table.put(
            LongTable.pair(merge.left(), merge.right()), LongTable.pair(rank, merge.joined()));
      }
    }
    BytePairRules rules =
        new BytePairRules(
            vocabulary.size(),
            symbols,
            table,
            neighbours(symbols),
            new TextMatcher(Map.of()),
            byteIds,
            unknownId.orElse(-1),
            model.bool("fuse_unk", false),
            List.of());
    return new JsonTextEncoder.Words(new BytePairEncoder(rules), wholeWords);
  }

  /** Empty when bytes or unknown characters take part in merges: their neighbours are not known. */
  private Optional<LongTable> neighbours(CodePointTable symbols) {
    LongTable neighbours = new LongTable();
    for (Merge merge : merges) {
      if (startsAsOneSymbol(merge.left()) || startsAsOneSymbol(merge.right())) {
        return Optional.empty();
      }
      int[] codePoints = vocabulary.piece(merge.joined()).codePoints().toArray();
      BytePairRules.addNeighbours(codePoints, symbols, neighbours);
    }
    return Optional.of(neighbours);
  }

  private boolean startsAsOneSymbol(int id) {
    Vocabulary.Kind kind = vocabulary.kind(id);
    return kind == Vocabulary.Kind.BYTE || kind == Vocabulary.Kind.UNKNOWN;
  }

  private List<Merge> readMerges() {
    return model.required("merges").elements().stream().map(this::readMerge).toList();
  }

  /** A merge is written {@code "a b"}, or {@code ["a", "b"]} where pieces may hold spaces. */
  private Merge readMerge(JsonPart part) {
    String left;
    String right;
    if (part.node().isArray()) {
      List<JsonPart> pair = part.elements();
      if (pair.size() != 2) {
        throw part.malformed("two pieces", pair.size() + "");
      }
      left = pair.get(0).string();
      right = pair.get(1).string();
    } else {
      String[] pair = part.string().split(" ", -1);
      if (pair.length != 2) {
        throw part.malformed("two pieces parted by a space", part.describe());
      }
      left = pair[0];
      right = pair[1];
    }
    return new Merge(id(part, left), id(part, right), id(part, left + right));
  }

  private int id(JsonPart merge, String piece) {
    JsonPart vocab = model.required("vocab");
    if (vocab.node().get(piece) == null) {
      throw merge.malformed("pieces of model.vocab", Excerpt.quote(piece));
    }
    return vocabulary.id(piece).orElseThrow();
  }

  private int[] byteIds() {
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      OptionalInt id = vocabulary.byteId(value);
      if (id.isEmpty()) {
        throw new MalformedFileException(
            model.place() + ".vocab",
            "byte_fallback is set, but the byte piece "
                + Vocabulary.bytePiece(value)
                + " is missing");
      }
      ids[value] = id.getAsInt();
    }
    return ids;
  }
}
