package io.github.jmixtral.openai;

import io.github.jmixtral.testkit.Floors;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@link Floors} says, for the mapping of the APIs. */
class FloorsTest {
  private static final Set<String> ALL =
      Set.of("", "ollama", "internal.endpoint", "internal.task", "internal.json", "api");

  private static final Floors HOUSE =
      new Floors(
          "io.github.jmixtral.openai",
          Map.of(
              "", 4,
              "ollama", 4,
              "internal.endpoint", 3,
              "internal.task", 2,
              "internal.json", 1,
              "api", 0),
          Map.of("io.github.jmixtral.", ALL, "tools.jackson.", ALL, "org.jspecify.", ALL));

  @Test
  void importsGoStrictlyDown() {
    HOUSE.assertKept();
  }
}
