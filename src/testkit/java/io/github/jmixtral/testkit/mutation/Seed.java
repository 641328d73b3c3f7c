package io.github.jmixtral.testkit.mutation;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A small valid file. Its parts (a header, a pickle, a field) can be mutated each by itself before
 * the file is put together, so that lengths and offsets before a part do not refuse every change.
 *
 * @param parts the file's parts; nobody changes the arrays
 * @param assembly how a file is made of its parts
 */
public record Seed(List<byte[]> parts, Assembly assembly) {

  /** Makes a file. */
  @FunctionalInterface
  public interface Assembly {
    byte[] file(List<byte[]> parts);
  }

  /** Copies the list. */
  public Seed {
    parts = List.copyOf(parts);
  }

  /** A file of one part. */
  public static Seed of(byte[] file) {
    return new Seed(List.of(file), List::getFirst);
  }

  /** A file of text. */
  public static Seed of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A file whose parts follow each other. */
  public static Seed joined(List<byte[]> parts) {
    return new Seed(parts, Seed::join);
  }

  /** The file itself. */
  public byte[] file() {
    return assembly.file(parts);
  }

  /** Arrays one after the other. */
  static byte[] join(List<byte[]> parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    parts.forEach(bytes::writeBytes);
    return bytes.toByteArray();
  }
}
