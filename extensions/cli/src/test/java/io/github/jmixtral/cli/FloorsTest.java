package io.github.jmixtral.cli;

import io.github.jmixtral.testkit.Floors;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@link Floors} says, for the command line. */
class FloorsTest {
  private static final Floors HOUSE =
      new Floors(
          "io.github.jmixtral.cli",
          Map.of("", 1, "synthesis", 0),
          Map.of(
              "io.github.jmixtral.", Set.of("", "synthesis"),
              "tools.jackson.", Set.of(""),
              "com.fasterxml.jackson.annotation.", Set.of(""),
              "picocli.", Set.of(""),
              "me.tongfei.progressbar.", Set.of("")));

  @Test
  void importsGoStrictlyDown() {
    HOUSE.assertKept();
  }
}
