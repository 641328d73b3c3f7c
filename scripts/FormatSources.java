import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Formats the project's Java sources with google-java-format, or checks that they are formatted.
 *
 * <p>The build runs this file as it is ({@code java scripts/FormatSources.java}) in the JDK that
 * compiles the project: the formatter parses with its JDK's own compiler, and Maven may run in an
 * older one that does not know the language of the sources.
 *
 * <p>Arguments: {@code check} or {@code write}, then the folders; what is built in folders called
 * {@code target} is left out. Exit codes: 0 everything is formatted (now), 1 it is not, or cannot
 * be.
 */
public final class FormatSources {
  private FormatSources() {}

  public static void main(String[] arguments) throws IOException {
    boolean write =
        switch (arguments[0]) {
          case "check" -> false;
          case "write" -> true;
          case String other ->
              throw new IllegalArgumentException("expected check or write, found " + other);
        };
    List<Path> sources = new ArrayList<>();
    for (int i = 1; i < arguments.length; i++) {
      try (Stream<Path> files = Files.walk(Path.of(arguments[i]))) {
        files.filter(FormatSources::isSource).sorted().forEach(sources::add);
      }
    }
    Formatter formatter = new Formatter();
    int unformatted = 0;
    int unreadable = 0;
    for (Path source : sources) {
      String found = Files.readString(source);
      String expected;
      try {
        expected = formatter.formatSourceAndFixImports(found);
      } catch (FormatterException e) {
        System.err.println(source + ": " + e.getMessage());
        unreadable++;
        continue;
      }
      if (!expected.equals(found)) {
        unformatted++;
        System.err.println(source + (write ? ": formatted" : ": not formatted"));
        if (write) {
          Files.writeString(source, expected);
        }
      }
    }
    if (!write && unformatted > 0) {
      System.err.println(unformatted + " source files are not formatted; run: scripts/format");
    }
    if (unreadable > 0 || (!write && unformatted > 0)) {
      System.exit(1);
    }
  }

  private static boolean isSource(Path file) {
    return file.toString().endsWith(".java")
        && StreamSupport.stream(file.spliterator(), false)
            .noneMatch(name -> name.toString().equals("target"));
  }
}
