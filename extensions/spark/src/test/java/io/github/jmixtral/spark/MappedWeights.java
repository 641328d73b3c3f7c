package io.github.jmixtral.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Pages of mapped weights that a process has in memory, as Linux counts them.
 *
 * @param residentKilobytes all of them
 * @param sharedKilobytes those that another process has, too: they are in memory once
 */
record MappedWeights(long residentKilobytes, long sharedKilobytes) {
  static final boolean CAN_BE_COUNTED = Files.exists(Path.of("/proc/self/smaps"));

  static MappedWeights of(long pid) throws IOException {
    long resident = 0;
    long shared = 0;
    boolean isModel = false;
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        isModel = line.endsWith(".safetensors");
      } else if (isModel && line.startsWith("Rss:")) {
        resident += number(line);
      } else if (isModel && line.startsWith("Shared_")) {
        // Those of a file that is not written to disk yet count as dirty.
        shared += number(line);
      }
    }
    return new MappedWeights(resident, shared);
  }

  private static long number(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", ""));
  }
}
