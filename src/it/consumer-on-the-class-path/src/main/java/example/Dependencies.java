package example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Compares what jmixtral brings to an application, as Maven lists it, with what it should be. */
public final class Dependencies {
  private static final Pattern ARTIFACT = Pattern.compile("(?m)^\\s*([\\w.-]+:[\\w.-]+):jar:");

  private Dependencies() {}

  public static void main(String[] arguments) throws IOException {
    var found = new TreeSet<String>();
    ARTIFACT
        .matcher(Files.readString(Path.of(arguments[0])))
        .results()
        .forEach(artifact -> found.add(artifact.group(1)));
    var expected = new TreeSet<String>();
    expected.add("io.github.jmixtral:jmixtral");
    expected.add("org.slf4j:slf4j-api");
    expected.add("tools.jackson.core:jackson-databind");
    expected.add("tools.jackson.core:jackson-core");
    expected.add("com.fasterxml.jackson.core:jackson-annotations");
    expected.add("com.google.protobuf:protobuf-java");
    if (!found.equals(expected)) {
      throw new IllegalStateException("expected " + expected + ", found " + found);
    }
  }
}
