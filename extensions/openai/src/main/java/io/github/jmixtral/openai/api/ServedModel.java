package io.github.jmixtral.openai.api;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model under the name by which requests ask for it. The model stays the caller's to close.
 * Immutable.
 *
 * @since 0.1.0
 */
public final class ServedModel {
  private final String name;
  private final List<String> aliases;
  private final Instant created;
  private final long byteSize;

  /** Null for a classifier. */
  private final @Nullable MixtralForCausalLM generator;

  /** Null for a model that generates. */
  private final @Nullable MixtralForSequenceClassification classifier;

  private ServedModel(
      String name,
      List<String> aliases,
      Instant created,
      long byteSize,
      @Nullable MixtralForCausalLM generator,
      @Nullable MixtralForSequenceClassification classifier) {
    this.name = Objects.requireNonNull(name, "name");
    this.aliases = List.copyOf(aliases);
    this.created = Objects.requireNonNull(created, "created");
    this.byteSize = byteSize;
    this.generator = generator;
    this.classifier = classifier;
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  /** A model that generates. */
  public static ServedModel of(String name, MixtralForCausalLM model) {
    return new ServedModel(name, List.of(), now(), 0, Objects.requireNonNull(model, "model"), null);
  }

  /** A model that classifies. */
  public static ServedModel of(String name, MixtralForSequenceClassification model) {
    return new ServedModel(name, List.of(), now(), 0, null, Objects.requireNonNull(model, "model"));
  }

  /** The same model with other names that requests may give, in place of those it has. */
  public ServedModel withAliases(String... aliases) {
    return new ServedModel(name, List.of(aliases), created, byteSize, generator, classifier);
  }

  /** The same model with the time that lists of models give; unset, when it was first named. */
  public ServedModel withCreated(Instant created) {
    return new ServedModel(name, aliases, created, byteSize, generator, classifier);
  }

  /** The same model with the bytes of its weights, which some lists of models give; unset, 0. */
  public ServedModel withByteSize(long byteSize) {
    return new ServedModel(name, aliases, created, byteSize, generator, classifier);
  }

  /** The name that answers give. */
  public String name() {
    return name;
  }

  /** Other names that requests may give. */
  public List<String> aliases() {
    return aliases;
  }

  /** Whether a request by this name is meant for this model. */
  public boolean answersTo(String requested) {
    return name.equals(requested) || aliases.contains(requested);
  }

  /** The time that lists of models give. */
  public Instant created() {
    return created;
  }

  /** The bytes of the model's weights, or 0. */
  public long byteSize() {
    return byteSize;
  }

  /** The model, if it generates. */
  public Optional<MixtralForCausalLM> generator() {
    return Optional.ofNullable(generator);
  }

  /** The model, if it classifies. */
  public Optional<MixtralForSequenceClassification> classifier() {
    return Optional.ofNullable(classifier);
  }

  /** The model's configuration. */
  public MixtralConfig config() {
    return generator != null ? generator.config() : Objects.requireNonNull(classifier).config();
  }

  /** The model's tokenizer, if it has one. */
  public Optional<Tokenizer> tokenizer() {
    if (generator != null) {
      return generator.hasTokenizer() ? Optional.of(generator.tokenizer()) : Optional.empty();
    }
    MixtralForSequenceClassification present = Objects.requireNonNull(classifier);
    return present.hasTokenizer() ? Optional.of(present.tokenizer()) : Optional.empty();
  }

  @Override
  public String toString() {
    return "ServedModel[name=" + name + ", aliases=" + aliases + "]";
  }
}
