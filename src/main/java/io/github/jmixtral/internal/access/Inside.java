package io.github.jmixtral.internal.access;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * What an exported class shows to other packages of the library, but not to users. The class hands
 * over the way to it when it is loaded, which is before the first object exists.
 *
 * @param <T> what is inside of an object of the class
 */
public final class Inside<T> {
  private final AtomicReference<Function<Object, T>> way = new AtomicReference<>();

  /**
   * Hands over the way.
   *
   * @param way takes an object of the class that calls this
   * @throws IllegalStateException when it was handed over before
   */
  public void open(Function<Object, T> way) {
    if (!this.way.compareAndSet(null, way)) {
      throw new IllegalStateException("the way is known already");
    }
  }

  /** What is inside of an object of the class that handed over the way. */
  public T of(Object object) {
    return Objects.requireNonNull(way.get(), "way").apply(object);
  }
}
