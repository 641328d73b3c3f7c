package io.github.jmixtral.spark.internal.task;

import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Reads what rows ask.
 *
 * @param column of the prompts
 * @param idColumn of the rows' ids; null: a row's prompt is its id
 */
public record RowReader(Task task, String column, Form form, @Nullable String idColumn)
    implements Serializable {
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
    return new RowReader(task, column, form, idColumn);
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
    int index = row.fieldIndex(column);
    if (row.isNullAt(index)) {
      throw new IllegalArgumentException("the column '%s' is null".formatted(column));
    }
    String id = idColumn == null ? null : id(row, idColumn);
    return switch (form) {
      case TEXT -> ofText(task, row.getString(index), id);
      case IDS -> {
        int[] ids = ids(row.getList(index));
        yield new Question(Prompt.ids(ids), id == null ? Arrays.toString(ids) : id);
      }
      case MESSAGES -> {
        List<ChatMessage> messages = messages(row.getList(index));
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

  private static String id(Row row, String column) {
    Object id = row.getAs(column);
    if (id == null) {
      throw new IllegalArgumentException("the id column '%s' is null".formatted(column));
    }
    return id.toString();
  }

  private static String identity(List<ChatMessage> messages) {
    return messages.stream()
        .map(message -> message.role() + " " + message.content().length() + " " + message.content())
        .collect(Collectors.joining("\n"));
  }

  private int[] ids(List<? extends @Nullable Number> numbers) {
    int[] ids = new int[numbers.size()];
    for (int i = 0; i < ids.length; i++) {
      Number id = numbers.get(i);
      if (id == null || id.longValue() != id.intValue()) {
        throw new IllegalArgumentException(
            "%s[%d] is %s, which is no token id".formatted(column, i, id));
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private List<ChatMessage> messages(List<? extends @Nullable Row> rows) {
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row message = rows.get(i);
      String role = message == null ? null : message.getAs("role");
      String content = message == null ? null : message.getAs("content");
      if (role == null || content == null) {
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
