package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Makes constraints, and keeps those that were used last: clients send the same few schemas with
 * every request, and a model remembers what it worked out for a constraint. Thread-safe.
 */
public final class Constraints {
  private static final int KEPT = 64;

  private enum Kind {
    SCHEMA,
    REGEX,
    GRAMMAR,
    CHOICE
  }

  /**
   * What a constraint is made of.
   *
   * @param source a text, or a list of texts
   */
  private record Source(Kind kind, Object source) {}

  /** The last to be used stands last; guarded by itself. */
  private final Map<Source, Constraint> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Source, Constraint> eldest) {
          return size() > KEPT;
        }
      };

  /** JSON of a schema. */
  Constraint jsonSchema(String schema, String place) {
    return of(Kind.SCHEMA, schema, place, Constraint::jsonSchema);
  }

  /** A text that a regular expression matches. */
  Constraint regex(String pattern, String place) {
    return of(Kind.REGEX, pattern, place, Constraint::regex);
  }

  /** A text of a grammar in GBNF. */
  Constraint gbnf(String grammar, String place) {
    return of(Kind.GRAMMAR, grammar, place, Constraint::gbnf);
  }

  /** One of several texts. */
  Constraint oneOf(List<String> texts, String place) {
    return of(Kind.CHOICE, texts, place, Constraint::oneOf);
  }

  /**
   * The constraint of a source.
   *
   * @param place of the source in the request
   * @throws ApiException if it is malformed, not supported or too large
   */
  private <T> Constraint of(Kind kind, T from, String place, Function<T, Constraint> compiler) {
    Source source = new Source(kind, from);
    synchronized (kept) {
      Constraint known = kept.get(source);
      if (known != null) {
        return known;
      }
    }
    Constraint made;
    try {
      made = compiler.apply(from);
    } catch (IllegalArgumentException fault) {
      throw Refusal.value(place, "cannot be used: " + fault.getMessage());
    }
    synchronized (kept) {
      kept.put(source, made);
    }
    return made;
  }
}
