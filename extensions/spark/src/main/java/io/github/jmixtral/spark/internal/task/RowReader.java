package io.github.jmixtral.spark.internal.task;

import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.io.Serializable;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Reads what rows ask. Columns are found by their places: rows that come straight from another
 * function of a Dataset do not know their schema.
 */
public final class RowReader implements Serializable {
  private static final long serialVersionUID = 1;

  private static final Set<DataType> IDS =
      Set.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

  /** What a column holds. */
  public enum Form {
    /** Texts. */
    TEXT,
    /** Lists of token ids. */
    IDS,
    /** Conversations. */
    MESSAGES
  }

  private final Task task;
  private final String column;
  private final int place;
  private final Form form;

  /** Null: a row's prompt is its id. */
  private final @Nullable String idColumn;

  /** -1 where there is no id column. */
  private final int idPlace;

  /** Of role and content in a message. */
  private final int[] messagePlaces;

  private RowReader(
      Task task, StructType schema, String column, Form form, @Nullable String idColumn) {
    this.task = task;
    this.column = column;
    this.form = form;
    this.idColumn = idColumn;
    place = schema.fieldIndex(column);
    idPlace = idColumn == null ? -1 : schema.fieldIndex(idColumn);
    messagePlaces =
        schema.apply(column).dataType() instanceof ArrayType array
                && array.elementType() instanceof StructType message
            ? new int[] {message.fieldIndex("role"), message.fieldIndex("content")}
            : new int[0];
  }

  /**
   * A reader of a schema's rows.
   *
   * @throws IllegalArgumentException if a column is missing or of a type that can't be read
   */
  public static RowReader of(
      Task task, StructType schema, String column, @Nullable String idColumn) {
    DataType type = type(schema, column);
    Form form = form(type);
    boolean isForTask = form == Form.TEXT || (form == Form.MESSAGES) == (task == Task.CHAT);
    if (form == null || !isForTask) {
      throw new IllegalArgumentException(
          "column '%s' is of type %s, but %s reads %s"
              .formatted(
                  column,
                  type.simpleString(),
                  task.title(),
                  task == Task.CHAT
                      ? "texts, or arrays of structs with the fields role and content"
                      : "texts, or arrays of token ids"));
    }
    if (idColumn != null) {
      DataType idType = type(schema, idColumn);
      if (!(idType instanceof StringType) && !IDS.contains(idType)) {
        throw new IllegalArgumentException(
            "id column '%s' is of type %s, but ids are texts or whole numbers; cast it"
                .formatted(idColumn, idType.simpleString()));
      }
    }
    return new RowReader(task, schema, column, form, idColumn);
  }

  private static DataType type(StructType schema, String column) {
    if (!Arrays.asList(schema.fieldNames()).contains(column)) {
      throw new IllegalArgumentException(
          "there is no column '%s', only %s"
              .formatted(column, String.join(", ", schema.fieldNames())));
    }
    return schema.apply(column).dataType();
  }

  private static @Nullable Form form(DataType type) {
    return switch (type) {
      case StringType _ -> Form.TEXT;
      case ArrayType array
          when array.elementType().equals(DataTypes.IntegerType)
              || array.elementType().equals(DataTypes.LongType) ->
          Form.IDS;
      case ArrayType array
          when array.elementType() instanceof StructType message
              && Arrays.asList(message.fieldNames()).containsAll(List.of("role", "content"))
              && message.apply("role").dataType() instanceof StringType
              && message.apply("content").dataType() instanceof StringType ->
          Form.MESSAGES;
      default -> null;
    };
  }

  /**
   * What a row asks.
   *
   * @throws IllegalArgumentException if it has no prompt or id, or not a valid one
   */
  public Question read(Row row) {
    Object prompt = row.get(place);
    if (prompt == null) {
      throw new IllegalArgumentException("the column '%s' is null".formatted(column));
    }
    String id = idPlace < 0 ? null : id(row);
    return switch (form) {
      case TEXT -> ofText(task, (String) prompt, id);
      case IDS -> {
        int[] ids = ids(list(prompt));
        yield new Question(Prompt.ids(ids), id == null ? Arrays.toString(ids) : id);
      }
      case MESSAGES -> {
        List<ChatMessage> messages = messages(list(prompt));
        yield new Question(Prompt.chat(messages), id == null ? identity(messages) : id);
      }
    };
  }

  /** What a text asks: in a chat it is a user's message. */
  public static Question ofText(Task task, String text, @Nullable String id) {
    return new Question(
        task == Task.CHAT ? Prompt.chat(ChatMessage.user(text)) : Prompt.text(text),
        id == null ? text : id);
  }

  private String id(Row row) {
    Object id = row.get(idPlace);
    if (id == null) {
      throw new IllegalArgumentException("the id column '%s' is null".formatted(idColumn));
    }
    return id.toString();
  }

  /** An array as Spark or another function of a Dataset gives it. */
  private static List<?> list(Object array) {
    return switch (array) {
      case List<?> list -> list;
      case Seq<?> sequence -> CollectionConverters.asJava(sequence);
      default ->
          IntStream.range(0, Array.getLength(array)).mapToObj(i -> Array.get(array, i)).toList();
    };
  }

  private static String identity(List<ChatMessage> messages) {
    return messages.stream()
        .map(message -> message.role() + " " + message.content().length() + " " + message.content())
        .collect(Collectors.joining("\n"));
  }

  private int[] ids(List<?> numbers) {
    int[] ids = new int[numbers.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!(numbers.get(i) instanceof Number id) || id.longValue() != id.intValue()) {
        throw new IllegalArgumentException(
            "%s[%d] is %s, which is no token id".formatted(column, i, numbers.get(i)));
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private List<ChatMessage> messages(List<?> rows) {
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (!(rows.get(i) instanceof Row message)
          || !(message.get(messagePlaces[0]) instanceof String role)
          || !(message.get(messagePlaces[1]) instanceof String content)) {
        throw new IllegalArgumentException(
            "%s[%d] is null, or has no role or no content".formatted(column, i));
      }
      messages.add(
          switch (role) {
            case "system" -> ChatMessage.system(content);
            case "user" -> ChatMessage.user(content);
            case "assistant" -> ChatMessage.assistant(content);
            default ->
                throw new IllegalArgumentException(
                    "%s[%d].role is '%s', but must be system, user or assistant"
                        .formatted(column, i, role));
          });
    }
    return messages;
  }
}
