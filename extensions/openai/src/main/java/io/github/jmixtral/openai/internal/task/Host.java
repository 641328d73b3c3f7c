package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The served model, and what requests to it share. Thread-safe. */
public final class Host {
  private static final int FINGERPRINT_DIGITS = 10;

  private final ServedModel model;
  private final Constraints constraints = new Constraints();
  private final String digest;

  /** What requests to a model share. */
  public Host(ServedModel model) {
    this.model = model;
    digest = sha256(model.name() + model.config());
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** The served model. */
  public ServedModel model() {
    return model;
  }

  /** Constraints that were made of schemas before. */
  public Constraints constraints() {
    return constraints;
  }

  /** Distinguishes models: SHA-256 of name and configuration in hexadecimal. */
  public String digest() {
    return digest;
  }

  /** Distinguishes what answers were made with. */
  public String fingerprint() {
    return "fp_" + digest.substring(0, FINGERPRINT_DIGITS);
  }

  /**
   * Checks that a request means this model. One that names none does.
   *
   * @throws ApiException with status 404 if it names another
   */
  public void requireNamed(Fields fields) {
    fields.text("model").ifPresent(this::requireNamed);
  }

  /**
   * Checks that a name is this model's.
   *
   * @throws ApiException with status 404 if it is another's
   */
  public void requireNamed(String name) {
    if (!model.answersTo(name)) {
      throw new ApiException(
          ApiError.notFound(
              "The model %s does not exist here; the model served is '%s'."
                  .formatted(Refusal.excerpt(name), model.name()),
              "model",
              "model_not_found"));
    }
  }

  /**
   * The model that generates.
   *
   * @throws ApiException if the model classifies
   */
  public MixtralForCausalLM generator() {
    return model
        .generator()
        .orElseThrow(
            () ->
                new ApiException(
                    ApiError.invalid(
                        "The model '%s' classifies texts and cannot generate; use /v1/classify."
                            .formatted(model.name()),
                        "model",
                        null)));
  }

  /**
   * The model that classifies.
   *
   * @throws ApiException if the model generates
   */
  public MixtralForSequenceClassification classifier() {
    return model
        .classifier()
        .orElseThrow(
            () ->
                new ApiException(
                    ApiError.invalid(
                        "The model '%s' has no classifier's head and cannot classify."
                            .formatted(model.name()),
                        "model",
                        null)));
  }

  /**
   * The model's tokenizer.
   *
   * @throws ApiException if it has none
   */
  public Tokenizer tokenizer() {
    return model
        .tokenizer()
        .orElseThrow(
            () ->
                new ApiException(
                    ApiError.invalid(
                        "The model '%s' has no tokenizer; give token ids.".formatted(model.name()),
                        "model",
                        null)));
  }

  /** Most ids of prompt and answer together. */
  public int contextLength() {
    return model.config().maxPositionEmbeddings();
  }
}
