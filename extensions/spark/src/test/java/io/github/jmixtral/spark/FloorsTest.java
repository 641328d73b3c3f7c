package io.github.jmixtral.spark;

import io.github.jmixtral.testkit.Floors;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@link Floors} says, for Spark. */
class FloorsTest {
  private static final Set<String> ALL = Set.of("", "internal.executor", "internal.task");

  private static final Floors HOUSE =
      new Floors(
          "io.github.jmixtral.spark",
          Map.of("", 2, "internal.executor", 1, "internal.task", 0),
          Map.of(
              "io.github.jmixtral.",
              ALL,
              "org.apache.spark.",
              ALL,
              "scala.",
              ALL,
              "tools.jackson.",
              Set.of("", "internal.task"),
              "org.slf4j.",
              Set.of("internal.executor"),
              "org.jspecify.",
              ALL));

  @Test
  void importsGoStrictlyDown() {
    HOUSE.assertKept();
  }
}
