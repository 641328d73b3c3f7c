package io.github.jmixtral.conversion;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.jinja.JinjaException;
import io.github.jmixtral.internal.jinja.JinjaTemplate;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

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
    String place = file.toString();
    findings
        .attempt(TOKENIZER, () -> requireFits(place, Tokenizer.fromPretrained(file)))
        .ifPresent(
            words ->
                findings.good(
                    TOKENIZER,
                    "%s: %,d words for %,d ids"
                        .formatted(file.getFileName(), words, config.vocabSize())));
  }

  /**
   * A model may have more ids than its tokenizer has words, as padding; the other way only special
   * tokens may be too much, which no text becomes unasked.
   */
  private int requireFits(String place, Tokenizer tokenizer) {
    int words = tokenizer.vocabSize();
    for (int id = config.vocabSize(); id < words; id++) {
      if (!tokenizer.isSpecial(id)) {
        throw new MalformedFileException(
            place,
            "the tokenizer has %,d words, more than the %,d of the model"
                .formatted(words, config.vocabSize()));
      }
    }
    IntStream.concat(config.bosTokenId().stream(), IntStream.of(config.eosTokenIds()))
        .filter(id -> id >= words)
        .findFirst()
        .ifPresent(
            id -> {
              throw new MalformedFileException(
                  place,
                  "the tokenizer has %,d words, hence none for the model's special id %d"
                      .formatted(words, id));
            });
    JinjaTemplate.OF_TOKENIZER.of(tokenizer).forEach(TokenizerChecks::requireTemplate);
    return words;
  }

  /** Read for chats only, so nothing else shows that it is broken. */
  private static void requireTemplate(String place, String template) {
    try {
      JinjaTemplate.parse(template);
    } catch (JinjaException failure) {
      throw new MalformedFileException(
          place, "this is no Jinja2 template: " + failure.getMessage(), failure);
    }
  }

  void checkSettings() {
    findings
        .attempt(SETTINGS, layout::generationConfig)
        .ifPresent(
            settings ->
                settings.ifPresentOrElse(
                    this::compareEnds,
                    () -> findings.absent(SETTINGS, "no " + ModelFiles.GENERATION_CONFIG)));
  }

  private void compareEnds(GenerationConfig settings) {
    int[] ends = settings.eosTokenIds().orElse(new int[0]);
    List<String> faults =
        IntStream.of(ends)
            .filter(id -> id >= config.vocabSize())
            .mapToObj(
                id ->
                    "%s: eos_token_id: expected one of the model's %,d ids, found %d"
                        .formatted(ModelFiles.GENERATION_CONFIG, config.vocabSize(), id))
            .toList();
    findings.failed(SETTINGS, faults);
    if (faults.isEmpty()) {
      findings.good(
          SETTINGS,
          ModelFiles.GENERATION_CONFIG
              + (ends.length == 0
                  ? ": no end-of-sequence id"
                  : ": end-of-sequence ids " + Arrays.toString(ends)));
    }
  }
}
