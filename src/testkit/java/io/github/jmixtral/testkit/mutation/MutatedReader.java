package io.github.jmixtral.testkit.mutation;

import io.github.jmixtral.error.JmixtralException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reader to be shown mutants.
 *
 * @param name names its mutants in messages
 * @param seeds by file name the files that are mutated, one at a time; the first seed of each is
 *     what stands there while another file is mutated. The empty name means text that stands in no
 *     file.
 * @param companions files that are not mutated
 * @param documented the exceptions by which a mutant may be refused
 * @param mostMemory bytes that may be allocated besides ten for each of the file's
 * @param opening reads a mutant and everything in it
 */
public record MutatedReader(
    String name,
    Map<String, List<Seed>> seeds,
    Map<String, byte[]> companions,
    List<Class<? extends RuntimeException>> documented,
    long mostMemory,
    Opening opening) {
  private static final long USUAL_MEMORY = 16 << 20;

  /** Reads a mutant, touches every value in it, and closes it. */
  @FunctionalInterface
  public interface Opening {
    void open(Mutant mutant);
  }

  /** A reader that has no seeds yet and may refuse them as files are refused. */
  public MutatedReader(String name, Opening opening) {
    this(name, Map.of(), Map.of(), List.of(JmixtralException.class), USUAL_MEMORY, opening);
  }

  /** With one more file to be mutated. */
  public MutatedReader mutating(String file, Seed... valid) {
    Map<String, List<Seed>> more = new LinkedHashMap<>(seeds);
    more.put(file, List.of(valid));
    return new MutatedReader(name, more, companions, documented, mostMemory, opening);
  }

  /** With a file that is not mutated. */
  public MutatedReader beside(String file, byte[] bytes) {
    Map<String, byte[]> more = new LinkedHashMap<>(companions);
    more.put(file, bytes);
    return new MutatedReader(name, seeds, more, documented, mostMemory, opening);
  }

  /** With one more documented exception. */
  public MutatedReader refusingBy(Class<? extends RuntimeException> exception) {
    List<Class<? extends RuntimeException>> more = new ArrayList<>(documented);
    more.add(exception);
    return new MutatedReader(name, seeds, companions, more, mostMemory, opening);
  }

  /** With another bound of memory. */
  public MutatedReader within(long bytes) {
    return new MutatedReader(name, seeds, companions, documented, bytes, opening);
  }

  @Override
  public String toString() {
    return name;
  }
}
