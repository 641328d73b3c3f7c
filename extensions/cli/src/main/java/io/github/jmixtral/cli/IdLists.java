package io.github.jmixtral.cli;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Token ids in JSON. */
final class IdLists {
  private IdLists() {}

  /**
   * Reads a file such as {@code [[1, 419, 621], [1]]}. A message's place counts from 0, as the
   * tensors made of the lists do: {@code ids.json: [0][2]} is 621.
   *
   * @param vocabSize ids are from 0 to this, exclusive
   */
  static List<int[]> read(Path file, int vocabSize) {
    String name = file.toString();
    JsonNode root = JsonFile.read(file);
    if (!root.isArray()) {
      throw new MalformedFileException(
          name, "a list of lists of ids, such as [[1, 419], [1]]", Excerpt.line(root.toString()));
    }
    List<int[]> lists = new ArrayList<>();
    for (JsonNode list : root) {
      String place = name + ": [" + lists.size() + "]";
      lists.add(ids(list, place, vocabSize));
    }
    return lists;
  }

  /** The ids of a JSON array. */
  static int[] ids(JsonNode list, String place, int vocabSize) {
    if (!list.isArray()) {
      throw new MalformedFileException(
          place, "a list of ids, such as [1, 419]", Excerpt.line(list.toString()));
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() >= vocabSize) {
        throw new MalformedFileException(
            place + "[" + i + "]",
            "an id from 0 to " + (vocabSize - 1),
            Excerpt.line(id.toString()));
      }
      ids[i] = id.intValue();
    }
    return ids;
  }
}
