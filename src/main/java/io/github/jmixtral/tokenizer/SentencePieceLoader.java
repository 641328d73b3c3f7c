package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile.Piece;
import io.github.jmixtral.tokenizer.Metaspace.Prepend;
import io.github.jmixtral.tokenizer.Vocabulary.Entry;
import io.github.jmixtral.tokenizer.Vocabulary.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Makes a tokenizer of a SentencePiece BPE model. */
final class SentencePieceLoader {
  private static final int MODEL_TYPE_BPE = 2;

  private final SentencePieceModelFile model;
  private final TokenizerConfig config;

  /** The ids of all pieces so far. */
  private final Map<String, Integer> ids = new HashMap<>();

  private SentencePieceLoader(SentencePieceModelFile model, TokenizerConfig config) {
    this.model = model;
    this.config = config;
  }

  /**
   * Checks the model and builds its encoder.
   *
   * @param config what the folder adds to the model
   * @throws MalformedFileException if the vocabulary contradicts itself
   * @throws UnsupportedCheckpointException if the model is no BPE, or normalises text
   */
  static LoadedTokenizer load(SentencePieceModelFile model, TokenizerConfig config) {
    return new SentencePieceLoader(model, config).load();
  }

  private LoadedTokenizer load() {
    checkSupported();
    List<Entry> entries = entries();
    int modelSize = entries.size();
    int unknownId = unknownId(entries);
    addTokens(
        entries, Stream.concat(config.decoder().stream(), config.addedTokens().stream()).toList());
    addNamed(entries);
    Vocabulary vocabulary = new Vocabulary(entries);
    BytePairEncoder encoder =
        new BytePairEncoder(SentencePieceRules.of(model, vocabulary, unknownId).build());
    Prepend prepend =
        model.normalizer().addDummyPrefix()
            ? config.prefix().orElse(Prepend.ALWAYS)
            : Prepend.NEVER;
    TextEncoder textEncoder =
        new SentencePieceTextEncoder(
            encoder,
            prepend,
            model.normalizer().escapeWhitespaces(),
            TokenCutter.leftmostFirst(Map.of(), Map.of()),
            TokenCutter.leftmostFirst(templateTokens(vocabulary, modelSize), flagged()),
            false);
    OptionalInt bosId = controlId(vocabulary, model.trainer().bosId());
    return new LoadedTokenizer(
        vocabulary,
        textEncoder,
        skip ->
            new SentencePieceTokenDecoder(
                vocabulary,
                skip,
                prepend != Prepend.NEVER,
                Optional.of(model.trainer().unknownSurface())),
        true,
        bosId.isPresent() ? new int[] {bosId.getAsInt()} : new int[0],
        new int[0],
        bosId,
        controlId(vocabulary, model.trainer().eosId()),
        controlId(vocabulary, model.trainer().padId()),
        OptionalInt.of(unknownId));
  }

  private void checkSupported() {
    if (model.trainer().modelType() != MODEL_TYPE_BPE) {
      unsupported("trainer_spec.model_type", "2 (BPE)", "" + model.trainer().modelType());
    }
    if (model.normalizer().characterMapBytes() != 0) {
      unsupported(
          "normalizer_spec.precompiled_charsmap",
          "none (identity)",
          model.normalizer().characterMapBytes() + " bytes");
    }
    if (model.normalizer().removeExtraWhitespaces()) {
      unsupported("normalizer_spec.remove_extra_whitespaces", "false", "true");
    }
    if (model.trainer().whitespaceAsSuffix()) {
      unsupported("trainer_spec.treat_whitespace_as_suffix", "false", "true");
    }
  }

  private void unsupported(String key, String supported, String found) {
    throw new UnsupportedCheckpointException(model.fileName() + ": " + key, supported, found);
  }

  private List<Entry> entries() {
    if (model.pieces().isEmpty()) {
      throw new MalformedFileException(model.fileName(), "the vocabulary is empty");
    }
    List<Entry> entries = new ArrayList<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      Piece piece = model.pieces().get(id);
      String place = model.fileName() + ": piece " + id;
      if (piece.text().isEmpty()) {
        throw new MalformedFileException(place, "the piece is empty");
      }
      if (!Float.isFinite(piece.score())) {
        throw new MalformedFileException(place, "a finite score", "" + piece.score());
      }
      Integer other = ids.put(piece.text(), id);
      if (other != null) {
        throw new MalformedFileException(
            place,
            "the piece " + Excerpt.quote(piece.text()) + " is that of id " + other + ", too");
      }
      entries.add(new Entry(piece.text(), kind(piece, place)));
    }
    return entries;
  }

  private Kind kind(Piece piece, String place) {
    if (piece.text().length() > SentencePieceRules.LONGEST_PIECE) {
      throw new MalformedFileException(
          place,
          "at most " + SentencePieceRules.LONGEST_PIECE + " characters",
          "" + piece.text().length());
    }
    return switch (piece.type()) {
      case NORMAL -> Kind.NORMAL;
      case UNKNOWN -> Kind.UNKNOWN;
      case CONTROL -> Kind.CONTROL;
      case USER_DEFINED -> Kind.USER_DEFINED;
      case BYTE -> {
        if (!Vocabulary.isBytePiece(piece.text())) {
          throw new MalformedFileException(place, "a byte as <0x0A>", Excerpt.quote(piece.text()));
        }
        yield Kind.BYTE;
      }
      case UNUSED ->
          throw new UnsupportedCheckpointException(
              place, "pieces of type UNUSED are not supported");
    };
  }

  private int unknownId(List<Entry> entries) {
    int found = -1;
    for (int id = 0; id < entries.size(); id++) {
      if (entries.get(id).kind() == Kind.UNKNOWN) {
        if (found >= 0) {
          throw new MalformedFileException(
              model.fileName(), "there are two unknown pieces, ids " + found + " and " + id);
        }
        found = id;
      }
    }
    if (found < 0) {
      throw new MalformedFileException(model.fileName(), "the unknown piece is missing");
    }
    return found;
  }

  private void addTokens(List<Entry> entries, List<AddedToken> added) {
    int modelSize = entries.size();
    Map<Integer, AddedToken> behind = new TreeMap<>();
    for (AddedToken token : added) {
      if (token.id() >= modelSize) {
        behind.put(token.id(), token);
      } else if (!entries.get(token.id()).piece().equals(token.content())) {
        throw new MalformedFileException(
            token.place(),
            Excerpt.quote(entries.get(token.id()).piece()) + ", the piece of id " + token.id(),
            Excerpt.quote(token.content()));
      }
    }
    for (AddedToken token : behind.values()) {
      if (token.id() != entries.size()) {
        throw new MalformedFileException(
            token.place(),
            "ids that follow the vocabulary, next " + entries.size(),
            "" + token.id());
      }
      if (ids.putIfAbsent(token.content(), token.id()) != null) {
        throw new MalformedFileException(
            token.place(), "another id has the piece " + Excerpt.quote(token.content()) + ", too");
      }
      entries.add(new Entry(token.content(), token.special() ? Kind.CONTROL : Kind.USER_DEFINED));
    }
  }

  /** Named tokens are special, and stand behind the vocabulary if nothing else has them. */
  private void addNamed(List<Entry> entries) {
    for (TokenizerConfig.NamedToken token : config.namedTokens()) {
      Integer id = ids.get(token.content());
      if (id == null && !token.content().isEmpty()) {
        AddedToken.checkLength(token.place(), token.content());
        ids.put(token.content(), entries.size());
        entries.add(new Entry(token.content(), Kind.CONTROL));
      } else if (id != null && entries.get(id).kind() != Kind.UNKNOWN) {
        entries.set(id, new Entry(token.content(), Kind.CONTROL));
      }
    }
  }

  /** The tokens whose flags the configuration gives, by id; added ones before named ones. */
  private Map<Integer, AddedToken> flagged() {
    Map<Integer, AddedToken> flagged = new HashMap<>();
    config.decoder().forEach(token -> flagged.put(token.id(), token));
    for (TokenizerConfig.NamedToken token : config.namedTokens()) {
      Integer id = ids.get(token.content());
      if (id != null) {
        flagged.putIfAbsent(id, token.withId(id));
      }
    }
    return flagged;
  }

  /** What a template may name: control pieces, the unknown piece, and every added token. */
  private Map<String, Integer> templateTokens(Vocabulary vocabulary, int modelSize) {
    Map<String, Integer> tokens = vocabulary.specialPieces();
    for (int id = modelSize; id < vocabulary.size(); id++) {
      tokens.put(vocabulary.piece(id), id);
    }
    return tokens;
  }

  private static OptionalInt controlId(Vocabulary vocabulary, int id) {
    return vocabulary.contains(id) && vocabulary.kind(id) == Kind.CONTROL
        ? OptionalInt.of(id)
        : OptionalInt.empty();
  }
}
