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
          Map.entry("cli", 7),
          Map.entry("", 6),
          Map.entry("generation", 5),
          Map.entry("verification", 5),
          Map.entry("model", 4),
          Map.entry("checkpoint", 3),
          Map.entry("constraint", 3),
          Map.entry("config", 2),
          Map.entry("encoding", 2),
          Map.entry("hub", 2),
          Map.entry("tokenizer", 2),
          Map.entry("format", 1),
          Map.entry("tensor", 1),
          Map.entry("kernel", 0),
          Map.entry("error", 0));

  /** The packages that may use a library, by the beginning of the library's package names. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          Map.entry("org.slf4j.", FLOORS.keySet()),
          Map.entry("jdk.incubator.vector.", Set.of("kernel")),
          Map.entry("com.sun.management.", Set.of("checkpoint")),
          Map.entry("jdk.jfr.", Set.of("model")),
          Map.entry("com.google.protobuf.", Set.of("format")),
          Map.entry(
              "tools.jackson.",
              Set.of(
                  "format",
                  "encoding",
                  "hub",
                  "config",
                  "tokenizer",
                  "constraint",
                  "checkpoint",
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
        List.of(ROOT + ".tensor.A must not use " + ROOT + ".model.B"),
        violations(List.of("   " + ROOT + ".tensor.A -> " + ROOT + ".model.B  io")));
  }

  @Test
  void anImportThatGoesSidewaysIsFound() {
    assertEquals(
        List.of(ROOT + ".tensor.A must not use " + ROOT + ".format.B$C"),
        violations(List.of("   " + ROOT + ".tensor.A -> " + ROOT + ".format.B$C  io")));
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
            ROOT + ".format.A must not use org.unknown.B"),
        violations(
            List.of(
                "   " + ROOT + ".model.A -> jdk.incubator.vector.FloatVector  jdk.incubator.vector",
                "   " + ROOT + ".kernel.A -> jdk.incubator.vector.FloatVector jdk.incubator.vector",
                "   " + ROOT + ".format.A -> org.unknown.B  not found")));
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
