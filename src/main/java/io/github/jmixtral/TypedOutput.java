package io.github.jmixtral;

import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import java.util.function.Function;

/** Generations that become records. Remembers the binding of each record, and so its constraint. */
final class TypedOutput {
  private final ClassValue<RecordBinding<?>> bindings =
      new ClassValue<>() {
        @Override
        protected RecordBinding<?> computeValue(Class<?> type) {
          return RecordBinding.of(type.asSubclass(Record.class));
        }
      };

  /**
   * Generates the JSON of a record and reads it.
   *
   * @param work generates with the hooks that it is given
   */
  <T extends Record> T generate(
      Class<T> type, GenerationHooks hooks, Function<GenerationHooks, Generation> work) {
    RecordBinding<?> binding = bindings.get(type);
    Generation generation = work.apply(hooks.withConstraint(binding.constraint()));
    if (generation.finishReason() != FinishReason.EOS) {
      throw new IllegalStateException(
          "%s: expected a text that came to its end, found one cut short (%s)"
              .formatted(type.getSimpleName(), generation.finishReason()));
    }
    return type.cast(binding.read(generation.text()));
  }
}
