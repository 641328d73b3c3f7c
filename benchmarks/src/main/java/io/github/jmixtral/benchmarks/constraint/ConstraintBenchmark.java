package io.github.jmixtral.benchmarks.constraint;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.internal.decoding.ConstraintProcessor;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.internal.sampling.TokenConstraints;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a constraint adds to a token, with Mixtral's own tokenizer of 32,000 pieces: finding the ids
 * that fit and removing the others from the logits. {@code token} shows percentiles over the tokens
 * of a text once the constraint is in use, with hardly more tokens left than the text takes, so
 * that its closing is part of it; {@code firstText} the whole of a text with a constraint never
 * used before, whose states are all worked out on the way; {@code compile} what comes before its
 * first token.
 */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@State(Scope.Benchmark)
public class ConstraintBenchmark {
  private static final Path STORED =
      Path.of("src/test/resources/fixtures/tokenizer/tokenizer.model.gz");

  private static final String SCHEMA =
      """
      {"type": "object",
       "properties": {
         "name": {"type": "string"},
         "kind": {"enum": ["story", "poem", "essay"]},
         "length": {"type": "integer", "minimum": 0, "maximum": 100000},
         "rating": {"type": "number"},
         "tags": {"type": "array", "items": {"type": "string", "maxLength": 40}},
         "rows": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}},
       "required": ["name", "kind", "length", "tags", "rows"]}
      """;

  private static final String TEXT =
      "{\"name\": \"The duck and the paper star, or how a small bird learnt to say \\\"thank"
          + " you\\\"\", \"kind\": \"story\", \"length\": 2048, \"rating\": 4.75, \"tags\": [\"a"
          + " duck\", \"stars\", \"friendship\", \"été\"], \"rows\": [[1, 2, 3], [], [-40, 500]]}";

  /** Tokens beyond those of the text: what closes a text in time counts with a few too many. */
  private static final int SPARE = 8;

  /** What the text is taken for. */
  @Param({"schema", "json", "regex"})
  public String kind;

  private Tokenizer tokenizer;
  private TokenConstraints constraints;
  private Constraint constraint;
  private int[] ids;
  private int eosTokenId;
  private float[] drawn;
  private float[] logits;
  private IdSequence sequence;
  private ConstraintProcessor processor;
  private int position;

  /** Reads the tokenizer and checks that the text fits. */
  @Setup
  public void prepare() throws IOException {
    Path file = Files.createTempFile("tokenizer", ".model");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(STORED))) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      tokenizer = Tokenizer.fromPretrained(file);
    } finally {
      Files.delete(file);
    }
    constraints = new TokenConstraints(tokenizer, tokenizer.vocabSize());
    ids = tokenizer.encode(TEXT);
    eosTokenId = tokenizer.eosTokenId().orElseThrow();
    SplittableRandom random = new SplittableRandom(1);
    drawn = new float[tokenizer.vocabSize()];
    for (int id = 0; id < drawn.length; id++) {
      drawn[id] = (float) random.nextGaussian();
    }
    logits = new float[drawn.length];
    constraint = newConstraint();
    if (!constraint.matches(TEXT)) {
      throw new IllegalStateException("the text does not fit the " + kind);
    }
    begin(constraints);
    for (int i = 0; i <= ids.length; i++) {
      step();
    }
  }

  private Constraint newConstraint() {
    return switch (kind) {
      case "schema" -> Constraint.jsonSchema(SCHEMA);
      case "json" -> Constraint.json();
      default -> Constraint.regex("\\{(\"[a-z]{1,12}\": [^{}]*)+\\}");
    };
  }

  private void begin(TokenConstraints used) {
    sequence = new IdSequence(new int[] {1}, ids.length);
    processor =
        new ConstraintProcessor(
            used.start(constraint),
            1,
            2 + ids.length + SPARE,
            drawn.length,
            new int[] {eosTokenId});
    position = 0;
  }

  /** Restores the logits, constrains them and takes the text's next token. */
  private void step() {
    System.arraycopy(drawn, 0, logits, 0, logits.length);
    processor.process(sequence, logits);
    int next = position == ids.length ? eosTokenId : ids[position];
    if (logits[next] == Float.NEGATIVE_INFINITY) {
      throw new IllegalStateException("removed: " + tokenizer.piece(next));
    }
    if (position == ids.length) {
      sequence = new IdSequence(new int[] {1}, ids.length);
      position = 0;
    } else {
      sequence.append(next);
      position++;
    }
  }

  /** One token of a constraint in use. */
  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  @Warmup(iterations = 3, time = 1)
  @Measurement(iterations = 3, time = 1)
  public float[] token() {
    step();
    return logits;
  }

  /** All tokens of a text, and the constraint's compilation. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 20)
  @Measurement(iterations = 20)
  public float[] firstText() {
    constraint = newConstraint();
    begin(constraints);
    for (int i = 0; i <= ids.length; i++) {
      step();
    }
    return logits;
  }

  /** From the constraint's source to the first token. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 20)
  @Measurement(iterations = 20)
  public float[] compile() {
    constraint = newConstraint();
    begin(constraints);
    step();
    return logits;
  }

  /** Begins anew where another benchmark has left off. */
  @Setup(Level.Iteration)
  public void beginAnew() {
    begin(constraints);
  }
}
