package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import io.github.jmixtral.constraint.Constraint;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Constraints of the response formats that were used last: applications ask for the same few again
 * and again, and a model remembers what it worked out for a constraint. Thread-safe.
 */
final class ResponseFormats {
  private static final int KEPT = 64;

  /** The last to be used stands last; guarded by itself. */
  private final Map<JsonSchemaElement, Constraint> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<JsonSchemaElement, Constraint> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * What an answer of this format fits, or null if it is any text.
   *
   * @throws IllegalArgumentException if the schema is malformed, not supported or too large
   */
  @Nullable Constraint constraint(@Nullable ResponseFormat format) {
    if (format == null || format.type() != ResponseFormatType.JSON) {
      return null;
    }
    return format.jsonSchema() == null
        ? Constraint.json()
        : constraint(format.jsonSchema().rootElement());
  }

  private Constraint constraint(JsonSchemaElement schema) {
    synchronized (kept) {
      Constraint known = kept.get(schema);
      if (known != null) {
        return known;
      }
    }
    Constraint made = Constraint.jsonSchema(Schemas.json(schema));
    synchronized (kept) {
      kept.put(schema, made);
    }
    return made;
  }
}
