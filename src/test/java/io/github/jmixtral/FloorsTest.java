package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
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
          Map.entry("cli", 13),
          Map.entry("cli.synthesis", 12),
          Map.entry("", 11),
          Map.entry("conversion", 10),
          Map.entry("internal.decoding", 9),
          Map.entry("internal.sampling", 8),
          Map.entry("internal.network", 7),
          Map.entry("internal.chat", 7),
          Map.entry("internal.writing", 6),
          Map.entry("generation", 6),
          Map.entry("model", 6),
          Map.entry("internal.checkpoint", 5),
          Map.entry("constraint", 5),
          Map.entry("internal.automaton", 4),
          Map.entry("config", 3),
          Map.entry("internal.encoding", 3),
          Map.entry("hub", 3),
          Map.entry("tokenizer", 3),
          Map.entry("internal.format", 2),
          Map.entry("internal.tensor", 2),
          Map.entry("internal.jinja", 1),
          Map.entry("internal.kernel", 0),
          Map.entry("error", 0));

  /** The packages that may use a library, by the beginning of the library's package names. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          Map.entry("org.slf4j.", FLOORS.keySet()),
          Map.entry("jdk.incubator.vector.", Set.of("internal.kernel")),
          Map.entry("com.sun.management.", Set.of("internal.checkpoint", "internal.kernel")),
          Map.entry("jdk.jfr.", Set.of("internal.network")),
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
                  "constraint",
                  "cli")),
          Map.entry("com.fasterxml.jackson.annotation.", Set.of("cli")),
          Map.entry("com.hubspot.jinjava.", Set.of("tokenizer")),
          Map.entry("jinjava.javax.el.", Set.of("tokenizer")),
          Map.entry("picocli.", Set.of("cli")),
          Map.entry("me.tongfei.progressbar.", Set.of("cli")));

  /** A line such as {@code a.b.From -> a.b.To archive}. */
  private static final Pattern DEPENDENCY = Pattern.compile("^\\s+(\\S+)\\s+-> (\\S+)\\s+\\S.*$");

  @Test
  void importsGoStrictlyDown() {
    List<String> dependencies = dependenciesOfTheLibrary();
    assertFalse(dependencies.isEmpty(), "jdeps found no dependencies");
    List<String> violations = violations(dependencies);
    assertEquals(List.of(), violations, () -> String.join("\n", violations));
  }

  @Test
  void anImportThatGoesUpIsFound() {
    assertEquals(
        List.of(ROOT + ".internal.tensor.A must not use " + ROOT + ".model.B"),
        violations(List.of("   " + ROOT + ".internal.tensor.A -> " + ROOT + ".model.B  io")));
  }

  @Test
  void anImportThatGoesSidewaysIsFound() {
    assertEquals(
        List.of(ROOT + ".internal.tensor.A must not use " + ROOT + ".internal.format.B$C"),
        violations(
            List.of("   " + ROOT + ".internal.tensor.A -> " + ROOT + ".internal.format.B$C  io")));
  }

  @Test
  void aPackageWithoutAFloorIsFound() {
    assertEquals(
        List.of(ROOT + ".util.A must not use " + ROOT + ".error.B"),
        violations(List.of("   " + ROOT + ".util.A -> " + ROOT + ".error.B  io")));
  }

  @Test
  void aLibraryInTheWrongRoomIsFound() {
    assertEquals(
        List.of(
            ROOT + ".model.A must not use jdk.incubator.vector.FloatVector",
            ROOT + ".internal.format.A must not use org.unknown.B"),
        violations(
            List.of(
                "   " + ROOT + ".model.A -> jdk.incubator.vector.FloatVector  jdk.incubator.vector",
                "   "
                    + ROOT
                    + ".internal.kernel.A -> jdk.incubator.vector.FloatVector jdk.incubator.vector",
                "   " + ROOT + ".internal.format.A -> org.unknown.B  not found")));
  }

  private static List<String> dependenciesOfTheLibrary() {
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();
    int exitCode =
        jdeps.run(
            new PrintWriter(out),
            new PrintWriter(errors),
            "-verbose:class",
            "-filter:none",
            "--ignore-missing-deps",
            // Not target/classes itself: the module descriptor there would ask for every library.
            Fixtures.project().resolve("target/classes/io").toString());
    assertEquals(0, exitCode, () -> out + "\n" + errors);
    return out.toString().lines().filter(line -> DEPENDENCY.matcher(line).matches()).toList();
  }

  private static List<String> violations(List<String> dependencies) {
    List<String> violations = new ArrayList<>();
    for (String dependency : dependencies) {
      Matcher matcher = DEPENDENCY.matcher(dependency);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(dependency);
      }
      if (!isAllowed(matcher.group(1), matcher.group(2))) {
        violations.add(matcher.group(1) + " must not use " + matcher.group(2));
      }
    }
    return violations;
  }

  private static boolean isAllowed(String from, String to) {
    String user = room(from);
    if (!FLOORS.containsKey(user)) {
      return false;
    }
    if (to.startsWith(ROOT + ".")) {
      String used = room(to);
      return user.equals(used) || (FLOORS.containsKey(used) && FLOORS.get(used) < FLOORS.get(user));
    }
    return to.startsWith("java.")
        || LIBRARIES.entrySet().stream()
            .anyMatch(
                library -> to.startsWith(library.getKey()) && library.getValue().contains(user));
  }

  /** The package of a class, without the root and its dot. */
  private static String room(String className) {
    String packageName = className.substring(0, className.lastIndexOf('.'));
    return packageName.equals(ROOT) ? "" : packageName.substring(ROOT.length() + 1);
  }
}
