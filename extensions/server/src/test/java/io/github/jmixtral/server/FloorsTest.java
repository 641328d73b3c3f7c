package io.github.jmixtral.server;

import io.github.jmixtral.testkit.Floors;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@link Floors} says, for the server. */
class FloorsTest {
  private static final Floors HOUSE =
      new Floors(
          "io.github.jmixtral.server",
          Map.of(
              "", 4,
              "internal.api", 3,
              "internal.metrics", 2,
              "internal.page", 2,
              "internal.http", 1,
              "config", 0),
          Map.of(
              "io.github.jmixtral.",
                  Set.of("", "internal.api", "internal.metrics", "internal.http"),
              "io.micrometer.", Set.of("internal.metrics"),
              "org.eclipse.jetty.", Set.of("internal.http"),
              "javax.net.ssl.", Set.of("internal.http"),
              "org.jspecify.annotations.",
                  Set.of(
                      "",
                      "config",
                      "internal.api",
                      "internal.http",
                      "internal.page",
                      "internal.metrics"),
              "org.slf4j.", Set.of("internal.http"),
              "tools.jackson.", Set.of("internal.api", "internal.http")));

  @Test
  void importsGoStrictlyDown() {
    HOUSE.assertKept();
  }
}
