package io.github.jmixtral.spark.internal.executor;

import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * What became of a row.
 *
 * @param value of the task's type; null where there is an error
 * @param details of the task's type; null where there is an error
 * @param error null where there is none
 */
public record Answer(
    @Nullable Object value,
    @Nullable Row details,
    @Nullable String error,
    int promptTokens,
    int newTokens) {

  static Answer of(Object value, Row details, int promptTokens, int newTokens) {
    return new Answer(value, details, null, promptTokens, newTokens);
  }

  static Answer failed(String error) {
    return new Answer(null, null, error, 0, 0);
  }
}
