package io.github.jmixtral.spring.ai;

import io.github.jmixtral.constraint.Constraint;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Constraints of the schemas that were used last: applications ask for the same few again and
 * again, and a model remembers what it worked out for a constraint. Thread-safe.
 */
final class OutputSchemas {
  private static final int KEPT = 64;

  /** The last to be used stands last; guarded by itself. */
  private final Map<String, Constraint> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Constraint> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * JSON of a schema.
   *
   * @throws IllegalArgumentException if the schema is malformed, not supported or too large
   */
  Constraint constraint(String schema) {
    synchronized (kept) {
      Constraint known = kept.get(schema);
      if (known != null) {
        return known;
      }
    }
    Constraint made = Constraint.jsonSchema(schema);
    synchronized (kept) {
      kept.put(schema, made);
    }
    return made;
  }
}
