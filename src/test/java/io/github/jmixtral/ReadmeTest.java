package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The front page compiles: its Java blocks are the regions of {@link ReadmeExamplesTest}. */
@RunsOnce
class ReadmeTest {
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern REGION =
      Pattern.compile("(?s) *// README begins\n(.*?) *// README ends\n");

  @Test
  void everyJavaBlockIsARegionOfATest() throws IOException {
    List<String> blocks = matches(BLOCK, "README.md");
    List<String> regions =
        matches(REGION, "src/test/java/io/github/jmixtral/ReadmeExamplesTest.java");
    assertFalse(blocks.isEmpty());
    assertEquals(String.join("\n\n", regions), String.join("\n\n", blocks));
  }

  private static List<String> matches(Pattern pattern, String file) throws IOException {
    String text = Files.readString(Fixtures.project().resolve(file));
    // A last line break would count as a line without indentation.
    return pattern
        .matcher(text)
        .results()
        .map(result -> result.group(1).stripTrailing().stripIndent())
        .toList();
  }
}
