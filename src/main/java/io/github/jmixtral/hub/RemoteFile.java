package io.github.jmixtral.hub;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.format.Excerpt;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A file of a model on the Hub.
 *
 * @param name its path within the model, with forward slashes
 * @param size bytes, where the Hub says
 */
record RemoteFile(String name, OptionalLong size) {
  /** No empty part, no {@code .} or {@code ..}, nothing that a file system takes for a root. */
  private static final Pattern PLAIN =
      Pattern.compile("[^\\\\:/\\p{Cntrl}]+(/[^\\\\:/\\p{Cntrl}]+)*");

  /**
   * Checks the name, which becomes a path in the cache.
   *
   * @throws MalformedFileException when it would leave the model's folder
   */
  RemoteFile {
    if (!PLAIN.matcher(name).matches()
        || List.of(name.split("/")).contains("..")
        || List.of(name.split("/")).contains(".")) {
      throw new MalformedFileException(
          "list of files", "paths within the model", Excerpt.quote(name));
    }
  }
}
