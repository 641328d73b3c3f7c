package io.github.jmixtral.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/**
 * Imports go strictly down: a package may use the packages of lower floors of its module, none of
 * its own floor or above. A library may be used only in the rooms that are meant to know it.
 *
 * @param root the module's first package, {@code io.github.jmixtral.cli}
 * @param floors the floor of each package below the root; the empty name is the root itself
 * @param libraries the packages that may use a library, by the beginning of the library's package
 *     names
 */
public record Floors(String root, Map<String, Integer> floors, Map<String, Set<String>> libraries) {

  /** A line such as {@code a.b.From -> a.b.To archive}. */
  private static final Pattern DEPENDENCY = Pattern.compile("^\\s+(\\S+)\\s+-> (\\S+)\\s+\\S.*$");

  /** Asserts that the classes of the module whose tests run keep to the floors. */
  public void assertKept() {
    List<String> dependencies = dependencies(Fixtures.classes());
    assertFalse(dependencies.isEmpty(), "jdeps found no dependencies");
    List<String> violations = violations(dependencies);
    assertEquals(List.of(), violations, () -> String.join("\n", violations));
  }

  private static List<String> dependencies(Path classes) {
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
            // Not the classes' own folder: the module descriptor there would ask for every library.
            classes.resolve("io").toString());
    assertEquals(0, exitCode, () -> out + "\n" + errors);
    return out.toString().lines().filter(line -> DEPENDENCY.matcher(line).matches()).toList();
  }

  /** Returns what is wrong with dependencies, which are lines of jdeps. */
  public List<String> violations(List<String> dependencies) {
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

  private boolean isAllowed(String from, String to) {
    if (!isOfTheModule(from) || !floors.containsKey(room(from))) {
      return false;
    }
    String user = room(from);
    if (isOfTheModule(to)) {
      String used = room(to);
      return user.equals(used) || (floors.containsKey(used) && floors.get(used) < floors.get(user));
    }
    return to.startsWith("java.")
        || libraries.entrySet().stream()
            .anyMatch(
                library -> to.startsWith(library.getKey()) && library.getValue().contains(user));
  }

  private boolean isOfTheModule(String className) {
    return className.startsWith(root + ".");
  }

  /** The package of a class, without the root and its dot. */
  private String room(String className) {
    String packageName = className.substring(0, className.lastIndexOf('.'));
    return packageName.equals(root) ? "" : packageName.substring(root.length() + 1);
  }
}
