package io.github.jmixtral.hub;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.FileName;
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
          "list of files", "the path " + Excerpt.quote(name) + " leads out of the model's folder");
    }
  }

  private static boolean isPlain(String part) {
    return FileName.isPlain(part) && part.chars().noneMatch(Character::isISOControl);
  }
}
