package io.github.jmixtral.spark;

import io.github.jmixtral.spark.internal.executor.TextFunction;
import io.github.jmixtral.spark.internal.task.Task;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.ArraySeq;

/**
 * Mixtral as functions of SQL by configuration alone, from every language:
 *
 * <pre>
 * spark.sql.catalog.jmixtral       io.github.jmixtral.spark.MixtralCatalog
 * spark.sql.catalog.jmixtral.model /models/mixtral-q4
 * </pre>
 *
 * <pre>
 * SELECT id, jmixtral.chat(question) AS answer FROM questions
 * </pre>
 *
 * <p>The functions are {@code generate}, {@code chat}, {@code classify}, {@code embed} and {@code
 * score}. A text that is bad or null gives null. Several catalogs may have several models; {@code
 * docs/spark.md} lists their options.
 *
 * @since 0.1.0
 */
public final class MixtralCatalog implements FunctionCatalog {
  private String name = "jmixtral";
  private CaseInsensitiveStringMap options = CaseInsensitiveStringMap.empty();

  /** Spark makes catalogs, and gives them their options. */
  public MixtralCatalog() {}

  @Override
  public void initialize(String name, CaseInsensitiveStringMap options) {
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Identifier[] listFunctions(String[] namespace) {
    return namespace.length > 0
        ? new Identifier[0]
        : Stream.of(Task.values())
            .map(task -> Identifier.of(namespace, task.title()))
            .toArray(Identifier[]::new);
  }

  @Override
  public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
    String wanted = identifier.name().toLowerCase(Locale.ROOT);
    Task task =
        Stream.of(Task.values())
            .filter(known -> known.title().equals(wanted) && identifier.namespace().length == 0)
            .findFirst()
            .orElseThrow(() -> new NoSuchFunctionException(identifier));
    MixtralOptions described = SqlOptions.ofCatalog(name, options);
    return new Unbound(task, new TextFunction(described.job(task)));
  }

  /** A function before its argument is known. */
  private record Unbound(Task task, TextFunction function) implements UnboundFunction {
    @Override
    public String name() {
      return task.title();
    }

    @Override
    public BoundFunction bind(StructType arguments) {
      if (arguments.length() != 1
          || !(arguments.fields()[0].dataType() instanceof StringType)
              && !arguments.fields()[0].dataType().equals(DataTypes.NullType)) {
        throw new UnsupportedOperationException(
            "%s takes one text, not %s".formatted(task.title(), arguments.simpleString()));
      }
      return new OfText(task, function);
    }

    @Override
    public String description() {
      return task.title() + "(text): what a Mixtral makes of the text";
    }
  }

  /** A function of a text. */
  private record OfText(Task task, TextFunction function) implements ScalarFunction<Object> {
    @Override
    public String name() {
      return task.title();
    }

    @Override
    public DataType[] inputTypes() {
      return new DataType[] {DataTypes.StringType};
    }

    @Override
    public DataType resultType() {
      return task.valueType();
    }

    @Override
    public boolean isDeterministic() {
      return false; // or Spark would compute it twice, or to no end, where that suits a plan
    }

    @Override
    public @Nullable Object produceResult(InternalRow arguments) {
      return switch (function.apply(arguments.isNullAt(0) ? null : arguments.getString(0))) {
        case String text -> UTF8String.fromString(text);
        case ArraySeq.ofFloat vector -> ArrayData.toArrayData(vector.unsafeArray());
        case null -> null;
        case Object number -> number;
      };
    }
  }
}
