package io.github.jmixtral.cli;

import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a command has written.
 *
 * @param path the folder or file
 * @param bytes of its weights
 * @param seconds it took
 */
record WrittenWeights(Path path, long bytes, double seconds) {
  /** Prints it as a line, or as a JSON object. */
  void print(Terminal terminal, boolean json) {
    if (json) {
      ObjectNode object = JsonLines.object();
      object.put("path", path.toString());
      object.put("weights_bytes", bytes);
      object.put("seconds", seconds);
      terminal.printLine(JsonLines.line(object));
    } else {
      String size =
          bytes < 1e9 ? "%.1f MB".formatted(bytes / 1e6) : "%.2f GB".formatted(bytes / 1e9);
      terminal.printLine("%s: %s of weights in %.1f s".formatted(path, size, seconds));
    }
  }
}
