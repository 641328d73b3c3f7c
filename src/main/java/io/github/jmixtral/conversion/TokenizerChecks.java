package io.github.jmixtral.conversion;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether tokenizer and generation settings speak of ids that the model knows. */
final class TokenizerChecks {
  static final String TOKENIZER = "tokenizer";
  static final String SETTINGS = "settings";

  private final CheckpointLayout layout;
  private final MixtralConfig config;
  private final Findings findings;

  TokenizerChecks(CheckpointLayout layout, MixtralConfig config, Findings findings) {
    this.layout = layout;
    this.config = config;
    this.findings = findings;
  }

  void checkTokenizer() {
    findings
        .attempt(TOKENIZER, layout::tokenizerFile)
        .ifPresent(
            file ->
                file.ifPresentOrElse(
                    this::compareVocabularies,
                    () -> findings.absent(TOKENIZER, "no tokenizer is there")));
  }

  private void compareVocabularies(Path file) {
    String place = file.getFileName().toString();
    findings
        .attempt(TOKENIZER, () -> requireFits(place, Tokenizer.fromPretrained(file)))
        .ifPresent(
            words ->
                findings.good(
                    TOKENIZER,
                    "%s: %,d words for %,d ids".formatted(place, words, config.vocabSize())));
  }

  /** A model may have more ids than its tokenizer has words, as padding; not the other way. */
  private int requireFits(String place, Tokenizer tokenizer) {
    int words = tokenizer.vocabSize();
    if (words > config.vocabSize()) {
      throw new MalformedFileException(
          place, "at most the %,d words of the model".formatted(config.vocabSize()), "" + words);
    }
    Stream.concat(config.bosTokenId().stream().boxed(), config.eosTokenIds().stream())
        .filter(id -> id >= words)
        .findFirst()
        .ifPresent(
            id -> {
              throw new MalformedFileException(
                  place, "a word for the model's special id " + id, words + " words");
            });
    return words;
  }

  void checkSettings() {
    findings
        .attempt(SETTINGS, layout::generationConfig)
        .ifPresent(
            settings ->
                settings.ifPresentOrElse(
                    this::compareEnds,
                    () -> findings.absent(SETTINGS, "no " + GenerationConfig.FILE_NAME)));
  }

  private void compareEnds(GenerationConfig settings) {
    Optional<List<Integer>> ends = settings.eosTokenIds();
    List<String> faults =
        ends.orElse(List.of()).stream()
            .filter(id -> id < 0 || id >= config.vocabSize())
            .map(
                id ->
                    "%s: eos_token_id: expected one of the model's %,d ids, found %d"
                        .formatted(GenerationConfig.FILE_NAME, config.vocabSize(), id))
            .toList();
    findings.failed(SETTINGS, faults);
    if (faults.isEmpty()) {
      findings.good(
          SETTINGS,
          GenerationConfig.FILE_NAME
              + ends.map(ids -> ": end-of-sequence ids " + ids).orElse(": no end-of-sequence id"));
    }
  }
}
