package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Floors;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Imports go strictly down: a package may use the packages of lower floors, none of its own floor
 * or above. A library may be used only in the rooms that are meant to know it.
 */
@RunsOnce
class FloorsTest {
  private static final String ROOT = "io.github.jmixtral";

  /** The floor of each package below {@link #ROOT}; the empty name is the root itself. */
  private static final Map<String, Integer> FLOORS =
      Map.ofEntries(
          Map.entry("", 11),
          Map.entry("conversion", 10),
          Map.entry("internal.decoding", 9),
          Map.entry("internal.sampling", 8),
          Map.entry("internal.network", 7),
          Map.entry("internal.writing", 6),
          Map.entry("generation", 6),
          Map.entry("model", 6),
          Map.entry("internal.checkpoint", 5),
          Map.entry("constraint", 5),
          Map.entry("internal.automaton", 4),
          Map.entry("internal.chat", 4),
          Map.entry("config", 3),
          Map.entry("internal.encoding", 3),
          Map.entry("hub", 3),
          Map.entry("tokenizer", 3),
          Map.entry("internal.jinja", 2),
          Map.entry("internal.format", 1),
          Map.entry("internal.tensor", 1),
          Map.entry("internal.access", 0),
          Map.entry("internal.kernel", 0),
          Map.entry("error", 0));

  /** The packages that may use a library, by the beginning of the library's package names. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          Map.entry("org.slf4j.", FLOORS.keySet()),
          Map.entry("org.jspecify.annotations.", FLOORS.keySet()),
          Map.entry("jdk.incubator.vector.", Set.of("internal.kernel")),
          Map.entry("com.sun.management.", Set.of("internal.checkpoint", "internal.kernel")),
          Map.entry("jdk.jfr.", Set.of("internal.network")),
          Map.entry("com.fasterxml.jackson.annotation.", Set.of("constraint")),
          Map.entry("com.google.protobuf.", Set.of("internal.format")),
          Map.entry(
              "tools.jackson.",
              Set.of(
                  "internal.format",
                  "internal.encoding",
                  "internal.checkpoint",
                  "internal.writing",
                  "hub",
                  "config",
                  "tokenizer",
                  "constraint")));

  /** A row of the table of floors: its floor and its packages. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\| ([^|]*) \\|");

  private static final Pattern NAME = Pattern.compile("`([^`]*)`");

  private static final Floors HOUSE = new Floors(ROOT, FLOORS, LIBRARIES);

  @Test
  void importsGoStrictlyDown() {
    HOUSE.assertKept();
  }

  @Test
  void thePageOnArchitectureShowsTheseFloors() throws IOException {
    String page = Files.readString(Fixtures.project().resolve("docs/architecture.md"));
    Map<String, Integer> shown = new HashMap<>();
    for (MatchResult row : ROW.matcher(page).results().toList()) {
      for (MatchResult name : NAME.matcher(row.group(2)).results().toList()) {
        shown.put(name.group(1).equals(ROOT) ? "" : name.group(1), Integer.valueOf(row.group(1)));
      }
    }
    assertEquals(FLOORS, shown);
  }

  @Test
  void anImportThatGoesUpIsFound() {
    assertEquals(
        List.of(ROOT + ".internal.tensor.A must not use " + ROOT + ".model.B"),
        HOUSE.violations(List.of("   " + ROOT + ".internal.tensor.A -> " + ROOT + ".model.B  io")));
  }

  @Test
  void anImportThatGoesSidewaysIsFound() {
    assertEquals(
        List.of(ROOT + ".internal.tensor.A must not use " + ROOT + ".internal.format.B$C"),
        HOUSE.violations(
            List.of("   " + ROOT + ".internal.tensor.A -> " + ROOT + ".internal.format.B$C  io")));
  }

  @Test
  void aPackageWithoutAFloorIsFound() {
    assertEquals(
        List.of(ROOT + ".util.A must not use " + ROOT + ".error.B"),
        HOUSE.violations(List.of("   " + ROOT + ".util.A -> " + ROOT + ".error.B  io")));
  }

  @Test
  void aLibraryInTheWrongRoomIsFound() {
    assertEquals(
        List.of(
            ROOT + ".model.A must not use jdk.incubator.vector.FloatVector",
            ROOT + ".internal.format.A must not use org.unknown.B"),
        HOUSE.violations(
            List.of(
                "   " + ROOT + ".model.A -> jdk.incubator.vector.FloatVector  jdk.incubator.vector",
                "   "
                    + ROOT
                    + ".internal.kernel.A -> jdk.incubator.vector.FloatVector jdk.incubator.vector",
                "   " + ROOT + ".internal.format.A -> org.unknown.B  not found")));
  }
}
