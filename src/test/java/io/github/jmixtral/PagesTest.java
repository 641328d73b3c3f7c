package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the pages show works: their Java blocks are the regions of tests that run them, their links
 * lead somewhere, and the commands that they name exist.
 */
@RunsOnce
class PagesTest {
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)#:]+)(#[^)]*)?\\)");
  private static final int FRONT_PAGE_LINES = 130;
  private static final String TESTS = "src/test/java/io/github/jmixtral/";
  private static final String SAMPLES = "extensions/samples/";

  @Test
  void everyJavaBlockOfTheFrontPageIsRun() throws IOException {
    assertBlocksAreRun("README.md", TESTS + "ReadmeExamplesTest.java");
  }

  @Test
  void everyJavaBlockOfTheGuideIsRun() throws IOException {
    assertBlocksAreRun(
        "docs/guide.md",
        TESTS + "GuideExamplesTest.java",
        TESTS + "ToolCallsTest.java",
        SAMPLES + "plain/src/main/java/example/Story.java");
  }

  @Test
  void everyJavaBlockOfTheServersPageIsRun() throws IOException {
    assertBlocksAreRun(
        "docs/server.md", "extensions/server/" + TESTS + "server/ServerExamplesTest.java");
  }

  @Test
  void everyJavaBlockOfThePageOnSparkIsRun() throws IOException {
    assertBlocksAreRun(
        "docs/spark.md", "extensions/spark/" + TESTS + "spark/SparkExamplesTest.java");
  }

  @Test
  void everyJavaBlockOfThePageOnSpringAiIsRun() throws IOException {
    assertBlocksAreRun(
        "docs/spring-ai.md",
        "extensions/spring-ai/" + TESTS + "spring/ai/SpringAiExamplesTest.java",
        "extensions/samples/spring-boot/src/main/java/example/ChatController.java",
        "extensions/samples/spring-boot/src/main/java/example/DuckStories.java");
  }

  @Test
  void theOtherFilesOfTheSampleAreOnThePageOnSpringAi() throws IOException {
    String page = Files.readString(Fixtures.project().resolve("docs/spring-ai.md"));
    for (String name : List.of("pom.xml", "src/main/resources/application.properties")) {
      String file =
          Files.readString(
              Fixtures.project().resolve("extensions/samples/spring-boot").resolve(name));
      assertTrue(page.contains("\n" + file + "```"), name);
    }
  }

  @Test
  void theGuideShowsItsSample() throws IOException {
    assertShowsSample("docs/guide.md", "extensions/samples/plain");
  }

  @Test
  void thePageOnLangChain4jShowsItsSample() throws IOException {
    assertShowsSample("docs/langchain4j.md", "extensions/samples/langchain4j");
  }

  @Test
  void thePageOnQuarkusShowsItsSample() throws IOException {
    assertShowsSample("docs/quarkus.md", "extensions/samples/quarkus");
  }

  /** The page holds the files of a sample, which the build runs. */
  private static void assertShowsSample(String page, String sample) throws IOException {
    Path folder = Fixtures.project().resolve(sample);
    String shown = Files.readString(Fixtures.project().resolve(page));
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> sources =
          files
              .filter(file -> file.endsWith("pom.xml") || file.toString().endsWith(".java"))
              .filter(file -> !file.startsWith(folder.resolve("target")))
              .toList();
      assertFalse(sources.isEmpty());
      for (Path source : sources) {
        String name = folder.relativize(source).toString().replace('\\', '/');
        assertTrue(shown.contains("`" + name + "`"), name);
        assertTrue(shown.contains("\n" + Files.readString(source).strip() + "\n```"), name);
      }
    }
  }

  @Test
  void noOtherPageHasJava() throws IOException {
    for (Path page : pages()) {
      String name = name(page);
      if (!List.of(
              "README.md",
              "docs/guide.md",
              "docs/langchain4j.md",
              "docs/quarkus.md",
              "docs/server.md",
              "docs/spark.md",
              "docs/spring-ai.md")
          .contains(name)) {
        assertFalse(BLOCK.matcher(Files.readString(page)).find(), name);
      }
    }
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      LINK.matcher(Files.readString(page))
          .results()
          .map(link -> page.resolveSibling(link.group(1)))
          .filter(target -> !Files.exists(target))
          .forEach(target -> broken.add(name(page) + " -> " + target.normalize()));
    }
    assertEquals(List.of(), broken);
  }

  @Test
  void theFrontPageIsShort() throws IOException {
    long lines = Files.readAllLines(Fixtures.project().resolve("README.md")).size();
    assertTrue(lines <= FRONT_PAGE_LINES, () -> lines + " lines");
  }

  /**
   * In any order: the regions of a page may be spread over several tests. Files of samples are on
   * their pages as a whole.
   */
  private static void assertBlocksAreRun(String page, String... tests) throws IOException {
    Pattern region =
        Pattern.compile(
            "(?s) *// %1$s begins\n(.*?) *// %1$s ends\n".formatted(Pattern.quote(page)));
    List<String> regions = new ArrayList<>();
    for (String test : tests) {
      Path file = Fixtures.project().resolve(test);
      if (test.startsWith(SAMPLES)) {
        regions.add(Files.readString(file).stripTrailing());
      } else {
        regions.addAll(matches(region, file));
      }
    }
    List<String> blocks = matches(BLOCK, Fixtures.project().resolve(page));
    assertFalse(blocks.isEmpty());
    assertEquals(
        String.join("\n\n", regions.stream().sorted().toList()),
        String.join("\n\n", blocks.stream().sorted().toList()));
  }

  private static List<String> matches(Pattern pattern, Path file) throws IOException {
    // A last line break would count as a line without indentation.
    return pattern
        .matcher(Files.readString(file))
        .results()
        .map(result -> result.group(1).stripTrailing().stripIndent())
        .toList();
  }

  private static List<Path> pages() throws IOException {
    Path project = Fixtures.project();
    try (Stream<Path> top = Files.list(project);
        Stream<Path> docs = Files.walk(project.resolve("docs"))) {
      return Stream.concat(top, docs).filter(file -> file.toString().endsWith(".md")).toList();
    }
  }

  private static String name(Path page) {
    return Fixtures.project().relativize(page).toString().replace('\\', '/');
  }
}
