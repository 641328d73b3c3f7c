package io.github.jmixtral.hub;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.format.Excerpt;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A file of a model on the Hub.
 *
 * @param name its path within the model, with forward slashes
 * @param size bytes, where the Hub says
 */
record RemoteFile(String name, OptionalLong size) {
  /**
   * Checks the name, which becomes a path in the cache.
   *
   * @throws MalformedFileException when it would leave the model's folder
   */
  RemoteFile {
    if (!Stream.of(name.split("/", -1)).allMatch(RemoteFile::isPlain)) {
      throw new MalformedFileException(
          "list of files", "paths within the model", Excerpt.quote(name));
    }
  }

  /** Whether a part is a name on any system, and not one that leads elsewhere. */
  private static boolean isPlain(String part) {
    try {
      return !part.isEmpty()
          && !part.equals(".")
          && !part.equals("..")
          && part.chars().noneMatch(c -> c == '\\' || c == ':' || Character.isISOControl(c))
          && Path.of(part).getNameCount() == 1;
    } catch (InvalidPathException _) {
      return false;
    }
  }
}
