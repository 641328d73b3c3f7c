package io.github.jmixtral.spark.internal.executor;

import io.github.jmixtral.Classification;
import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.spark.internal.task.ConstraintText;
import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.Question;
import io.github.jmixtral.spark.internal.task.RowSeed;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import scala.collection.immutable.ArraySeq;
import scala.jdk.javaapi.CollectionConverters;

/** A job on a loaded model: answers what rows ask, from any number of threads. */
public final class RowTask {
  private final Job job;
  private final OpenModel model;
  private final GenerationConfig config;

  /** The job on a model that was loaded with the job's settings. */
  public RowTask(Job job, OpenModel model) {
    this.job = job;
    this.model = model;
    config = job.generationConfig();
  }

  /** Whether the task uses this model. */
  boolean isOn(OpenModel other) {
    return model == other;
  }

  /**
   * Answers on this thread.
   *
   * @param isStopped asked after each token
   * @throws CancellationException if the thread is interrupted or stopped, within one token
   * @throws IllegalArgumentException if the prompt does not fit the model or the settings
   */
  public Answer answer(Question question, BooleanSupplier isStopped) {
    return switch (model) {
      case OpenModel.Classifier(var classifier) -> classify(classifier, question.prompt());
      case OpenModel.Language language ->
          switch (job.task()) {
            case GENERATE, CHAT -> generate(language, question, isStopped);
            case EMBED -> embed(language.model(), question.prompt());
            case SCORE -> score(language.model(), question.prompt());
            case CLASSIFY -> throw new IllegalStateException("classify needs a classifier");
          };
    };
  }

  private Answer generate(
      OpenModel.Language language, Question question, BooleanSupplier isStopped) {
    GenerationRequest request =
        language
            .model()
            .request(question.prompt())
            .withConfig(config.withSeed(RowSeed.of(job.seed(), question.identity())))
            .withStoppingCriteria(_ -> isStopped.getAsBoolean());
    ConstraintText constraint = job.constraint();
    if (constraint != null) {
      request = request.withConstraint(language.constraint(constraint));
    }
    Generation generation = request.generate();
    FinishReason reason = generation.finishReason();
    if (reason == FinishReason.CANCELLED || reason == FinishReason.STOPPING_CRITERIA) {
      throw new CancellationException("the task was interrupted");
    }
    if (constraint != null
        && constraint.kind() == ConstraintText.Kind.JSON_SCHEMA
        && reason != FinishReason.EOS) {
      return Answer.failed(
          ("the JSON ended early (%s); remove the stop string or time limit that ended it")
              .formatted(reason));
    }
    return Answer.of(
        generation.text(),
        RowFactory.create(
            reason.name().toLowerCase(Locale.ROOT),
            generation.promptTokenCount(),
            generation.newTokenCount(),
            job.logProbability() ? logProbability(generation) : null),
        generation.promptTokenCount(),
        generation.newTokenCount());
  }

  private static double logProbability(Generation generation) {
    return generation.outputs().logProbabilities().stream()
        .mapToDouble(step -> step.chosen().logProbability())
        .sum();
  }

  private Answer embed(MixtralForCausalLM language, Prompt prompt) {
    int[] ids = prompt.encode(language::tokenizer);
    EmbeddingConfig pooling = job.embeddingConfig();
    float[] vector = language.embed(List.of(Prompt.ids(ids)), pooling)[0];
    return Answer.of(
        ArraySeq.unsafeWrapArray(vector), RowFactory.create(ids.length), ids.length, 0);
  }

  private Answer score(MixtralForCausalLM language, Prompt prompt) {
    int[] ids = prompt.encode(language::tokenizer);
    TextScore score = language.score(Prompt.ids(ids));
    Row details = RowFactory.create(ids.length, score.mean(), score.perplexity());
    return Answer.of(score.sum(), details, ids.length, 0);
  }

  private static Answer classify(MixtralForSequenceClassification classifier, Prompt prompt) {
    int[] ids = prompt.encode(classifier::tokenizer);
    Classification classification = classifier.classify(ids);
    Map<String, Double> probabilities = new LinkedHashMap<>();
    classification.labels().forEach(label -> probabilities.put(label.name(), label.probability()));
    return Answer.of(
        classification.best().name(),
        RowFactory.create(ids.length, CollectionConverters.asScala(probabilities)),
        ids.length,
        0);
  }
}
