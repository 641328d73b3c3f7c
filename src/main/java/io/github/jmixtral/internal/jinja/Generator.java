package io.github.jmixtral.internal.jinja;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Values that are computed one by one, when they are asked for. */
final class Generator implements Iterator<Value> {
  private final Supplier<Value> source;
  private @Nullable Value next;
  private boolean ended;

  private Generator(Supplier<Value> source) {
    this.source = source;
  }

  /** A generator; {@code source} gives null at the end. */
  static IteratorValue of(Supplier<Value> source) {
    return IteratorValue.generator(new Generator(source));
  }

  /** A generator that begins its work when its first value is asked for. */
  static IteratorValue lazily(Supplier<Iterator<Value>> source) {
    return of(
        new Supplier<>() {
          private @Nullable Iterator<Value> values;

          @Override
          public @Nullable Value get() {
            if (values == null) {
              values = source.get();
            }
            return values.hasNext() ? values.next() : null;
          }
        });
  }

  @Override
  public boolean hasNext() {
    if (next == null && !ended) {
      next = source.get();
      ended = next == null;
    }
    return !ended;
  }

  @Override
  public Value next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Value value = Objects.requireNonNull(next, "next");
    next = null;
    return value;
  }
}
