package io.github.jmixtral.internal.format;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Names of files that somebody else wrote down. */
public final class FileName {
  private FileName() {}

  /** Whether a name can mean nothing but a file of the same folder, on any system. */
  public static boolean isPlain(String name) {
    try {
      return !name.isEmpty()
          && !name.equals(".")
          && !name.equals("..")
          && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')
          && Path.of(name).getNameCount() == 1;
    } catch (InvalidPathException _) {
      return false;
    }
  }
}
