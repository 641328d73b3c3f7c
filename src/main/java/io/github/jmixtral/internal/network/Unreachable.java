package io.github.jmixtral.internal.network;

import java.lang.ref.Cleaner;

/**
 * Gives back what became unreachable without being closed: cache blocks, streams. One thread serves
 * all models.
 */
public final class Unreachable {
  private static final Cleaner CLEANER = Cleaner.create();

  private Unreachable() {}

  /**
   * Runs an action once an object is unreachable, or when the result is cleaned.
   *
   * @param action must not hold the object, or it would never become unreachable
   */
  public static Cleaner.Cleanable register(Object object, Runnable action) {
    return CLEANER.register(object, action);
  }
}
