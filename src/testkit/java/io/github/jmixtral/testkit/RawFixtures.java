package io.github.jmixtral.testkit;

import io.github.jmixtral.internal.format.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Puts the raw releases of {@code full-f32} together. A {@code .skeleton} is the file that PyTorch
 * wrote, with zeros in the place of the weights, compressed; its {@code .places} gives the digest
 * of the whole file, and by line an offset, how the elements are arranged there, and the tensor of
 * {@code full-f32} that they are.
 */
final class RawFixtures {
  private static final int HEAD_DIM = 16;

  private RawFixtures() {}

  static void assemble(Path from, Path full, Path to) throws IOException {
    List<Path> skeletons;
    try (Stream<Path> listing = Files.list(from)) {
      skeletons = listing.filter(file -> file.toString().endsWith(".skeleton")).sorted().toList();
    }
    for (Path skeleton : skeletons) {
      String name = skeleton.getFileName().toString().replace(".skeleton", "");
      if (Fixtures.isOlder(to.resolve(name), skeleton)) {
        List<String> places = Files.readAllLines(from.resolve(name + ".places"));
        byte[] file = fill(skeleton, full, places.subList(1, places.size()));
        DerivedFixtures.write(to.resolve(name), file, places.getFirst());
      }
    }
  }

  private static byte[] fill(Path skeleton, Path full, List<String> places) throws IOException {
    try (InputStream compressed = Files.newInputStream(skeleton);
        InputStream in = new GZIPInputStream(compressed);
        Arena arena = Arena.ofConfined()) {
      byte[] file = in.readAllBytes();
      SafetensorsFile weights = SafetensorsFile.open(full.resolve("model.safetensors"), arena);
      for (String place : places) {
        String[] parts = place.split(" ");
        var tensor = weights.tensor(parts[2]);
        int rows = Math.toIntExact(tensor.shape().getFirst());
        int cols = Math.toIntExact(tensor.data().byteSize() / Integer.BYTES / rows);
        int[] elements = tensor.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
        MemorySegment target = MemorySegment.ofArray(file).asSlice(Integer.parseInt(parts[0]));
        for (int i = 0; i < elements.length; i++) {
          int source = source(parts[1], i, rows, cols);
          target.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, elements[source]);
        }
      }
      return file;
    }
  }

  private static int source(String arrangement, int index, int rows, int cols) {
    return switch (arrangement) {
      case "plain" -> index;
      case "transposed" -> index % rows * cols + index / rows;
      case "rotated" -> {
        int row = index / cols;
        int inHead = row % HEAD_DIM;
        int half = row - inHead + inHead % 2 * (HEAD_DIM / 2) + inHead / 2;
        yield half * cols + index % cols;
      }
      default -> throw new IllegalArgumentException(arrangement);
    };
  }
}
