package io.github.jmixtral.testkit.mutation;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Makes mutants of a seed: its parts changed, moved, doubled or left out, or the whole changed. */
public final class Mutations {
  private static final int LARGEST = 1 << 17;

  private Mutations() {}

  /**
   * A mutant; the same for the same state of the random numbers.
   *
   * @param others files to take stretches from, at least one
   */
  public static byte[] of(Seed seed, List<byte[]> others, SplittableRandom random) {
    List<byte[]> parts = new ArrayList<>(seed.parts());
    boolean whole = parts.size() == 1 || random.nextInt(4) == 0;
    // Many changes at once are refused for the first of them.
    int changes = 1 + Integer.numberOfTrailingZeros(random.nextInt() | 8);
    if (whole) {
      byte[] file = seed.file();
      for (int change = 0; change < changes; change++) {
        file = changed(file, others, random);
      }
      return Arrays.copyOf(file, Math.min(file.length, LARGEST));
    }
    for (int change = 0; change < changes; change++) {
      int at = random.nextInt(parts.size());
      switch (random.nextInt(12)) {
        case 0 -> parts.add(at, parts.get(random.nextInt(parts.size())));
        case 1 -> parts.add(random.nextInt(parts.size()), parts.remove(at));
        case 2 -> {
          if (parts.size() > 1) {
            parts.remove(at);
          }
        }
        default -> parts.set(at, changed(parts.get(at), others, random));
      }
    }
    byte[] file = seed.assembly().file(parts);
    return Arrays.copyOf(file, Math.min(file.length, LARGEST));
  }

  private static byte[] changed(byte[] bytes, List<byte[]> others, SplittableRandom random) {
    Optional<String> text = random.nextInt(3) == 0 ? Optional.empty() : text(bytes);
    return text.isPresent() && !text.get().isEmpty()
        ? TextMutation.of(text.get(), random).getBytes(StandardCharsets.UTF_8)
        : ByteMutation.of(bytes, others, random);
  }

  /** What bytes say, if they are text. */
  private static Optional<String> text(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.chars().allMatch(c -> c >= ' ' || c == '\n' || c == '\t')
          ? Optional.of(text)
          : Optional.empty();
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }
}
