package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The exported API is a file in the sources, so that nothing is added to it, or taken from it, by
 * accident. What {@code javap -public} shows of the exported packages counts: nested types, and the
 * members that records and enums get, too.
 */
@RunsOnce
class ApiTest {
  private static final int MOST_PACKAGES = 9;
  private static final int MOST_TYPES = 85;
  private static final int MOST_MEMBERS = 620;

  private static final Pattern EXPORT = Pattern.compile("exports (\\S+);");
  private static final Pattern TYPE_NAME =
      Pattern.compile("(?:class|interface) (io\\.github\\.jmixtral\\.[\\w.$]+)");

  private static List<String> packages;

  /** The members of each type [members], by its declaration. */
  private static SortedMap<String, TreeSet<String>> api;

  @BeforeAll
  static void list() throws IOException {
    String descriptor =
        Files.readString(Fixtures.project().resolve("src/main/java/module-info.java"));
    packages = EXPORT.matcher(descriptor).results().map(export -> export.group(1)).toList();
    List<String> classes = new ArrayList<>();
    for (String name : packages) {
      Path folder = Fixtures.project().resolve("target/classes/" + name.replace('.', '/'));
      try (Stream<Path> files = Files.list(folder)) {
        files
            .filter(file -> file.toString().endsWith(".class"))
            .filter(file -> !file.endsWith("package-info.class"))
            .forEach(file -> classes.add(file.toString()));
      }
    }
    api = accessible(javap(classes));
  }

  private static List<String> javap(List<String> classes) {
    var out = new StringWriter();
    List<String> arguments = new ArrayList<>(List.of("-public"));
    arguments.addAll(classes);
    ToolProvider.findFirst("javap")
        .orElseThrow()
        .run(new PrintWriter(out), new PrintWriter(out), arguments.toArray(String[]::new));
    return out.toString().lines().toList();
  }

  /** The public types whose enclosing types are public, too. */
  private static SortedMap<String, TreeSet<String>> accessible(List<String> lines) {
    SortedMap<String, TreeSet<String>> found = new TreeMap<>();
    Set<String> open = new HashSet<>();
    TreeSet<String> members = new TreeSet<>();
    for (String line : lines) {
      if (line.startsWith("public ")) {
        members = new TreeSet<>();
        found.put(line.replace(" {", ""), members);
        open.add(name(line));
      } else if (line.startsWith("  ")) {
        members.add(line.strip().replace(";", ""));
      } else if (!line.startsWith("}")) {
        members = new TreeSet<>();
      }
    }
    found.keySet().removeIf(type -> !isOpen(name(type), open));
    return found;
  }

  private static String name(String declaration) {
    return TYPE_NAME
        .matcher(declaration)
        .results()
        .findFirst()
        .map((MatchResult match) -> match.group(1))
        .orElseThrow();
  }

  private static boolean isOpen(String name, Set<String> open) {
    int border = name.lastIndexOf('$');
    return open.contains(name) && (border < 0 || isOpen(name.substring(0, border), open));
  }

  @Test
  void theApiIsWhatTheListSays() throws IOException {
    List<String> found = new ArrayList<>();
    api.forEach(
        (type, members) -> {
          found.add(type);
          members.forEach(member -> found.add("  " + member));
        });
    Path actual = Fixtures.project().resolve("target/api.txt");
    Files.write(actual, found);
    Path listed = Fixtures.project().resolve("src/test/resources/api.txt");
    assertEquals(
        String.join("\n", Files.readAllLines(listed)),
        String.join("\n", found),
        "The exported API has changed. If that is meant, copy target/api.txt to"
            + " src/test/resources/api.txt and name the change in CHANGELOG.md.");
  }

  @Test
  void theApiIsSmall() {
    int members = api.values().stream().mapToInt(Set::size).sum();
    String counts =
        "%d packages, %d types, %d members".formatted(packages.size(), api.size(), members);
    assertTrue(packages.size() <= MOST_PACKAGES, counts);
    assertTrue(api.size() <= MOST_TYPES, counts);
    assertTrue(members <= MOST_MEMBERS, counts);
  }

  @Test
  void noMemberShowsAnInternalType() {
    List<String> internal = new ArrayList<>();
    api.forEach(
        (type, members) ->
            Stream.concat(Stream.of(type), members.stream())
                .filter(line -> line.contains(".internal."))
                .forEach(line -> internal.add(name(type) + ": " + line)));
    assertEquals(List.of(), internal);
  }

  @Test
  void thereAreFewWaysToGenerate() {
    assertTrue(generateMethods("MixtralForCausalLM") <= 4);
    assertTrue(generateMethods("Session") <= 2);
  }

  private static long generateMethods(String type) {
    return api.entrySet().stream()
        .filter(entry -> name(entry.getKey()).equals("io.github.jmixtral." + type))
        .flatMap(entry -> entry.getValue().stream())
        .filter(member -> member.contains(" generate("))
        .count();
  }
}
