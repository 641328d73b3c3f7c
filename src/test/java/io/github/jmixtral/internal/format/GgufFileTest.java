package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class GgufFileTest {
  @TempDir private Path folder;

  /** Bytes of a file, put down one after the other. */
  private static final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes int8(int value) {
      out.write(value);
      return this;
    }

    Bytes int32(int value) {
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    Bytes int64(long value) {
      out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
      return this;
    }

    Bytes text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      int64(utf8.length);
      out.writeBytes(utf8);
      return this;
    }

    Bytes begin(long tensors, long entries) {
      return int32(0x46554747).int32(3).int64(tensors).int64(entries);
    }

    Bytes tensor(String name, int type, long offset, long... dimensions) {
      text(name).int32(dimensions.length);
      for (long dimension : dimensions) {
        int64(dimension);
      }
      return int32(type).int64(offset);
    }

    /** Zeros up to a multiple of 32, and so many more. */
    Bytes data(int count) {
      out.writeBytes(new byte[-out.size() & 31]);
      out.writeBytes(new byte[count]);
      return this;
    }
  }

  @Test
  void whatTheWriterWritesIsRead() {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    for (GgufValue.WholeType type : GgufValue.WholeType.values()) {
      metadata.put(type.name(), new GgufValue.Whole(type, 97));
    }
    metadata.put("negative", new GgufValue.Whole(GgufValue.WholeType.INT16, -3));
    metadata.put("real", new GgufValue.Real(1e-5f));
    metadata.put("wide", new GgufValue.WideReal(Math.PI));
    metadata.put("flag", new GgufValue.Flag(true));
    metadata.put("text", new GgufValue.Text("é中"));
    metadata.put("texts", new GgufValue.Texts(List.of("a", "", "▁b")));
    write(
        folder.resolve("m.gguf"),
        metadata,
        List.of(
            new GgufWriter.Declaration("w", GgufType.Q8_0, List.of(3L, 64L)),
            new GgufWriter.Declaration("v", GgufType.F32, List.of(5L))));
    try (Arena arena = Arena.ofConfined()) {
      GgufFile file = GgufFile.open(folder.resolve("m.gguf"), arena);
      assertEquals(metadata, file.metadata());
      assertEquals(List.of("w", "v"), List.copyOf(file.tensors().keySet()));
      GgufTensor w = file.tensors().get("w");
      assertEquals(GgufType.Q8_0, w.type());
      assertEquals(List.of(3L, 64L), w.shape());
      assertEquals(3 * 2 * 34, w.data().byteSize());
      assertEquals(20, file.tensors().get("v").data().byteSize());
      assertEquals(1e-5, GgufMetadata.of(file).requiredReal("real"), 0);
    }
  }

  @Test
  void arraysOfEveryTypeAreRead() {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    long[] wholes = {1, 0, 127};
    for (GgufValue.WholeType type : GgufValue.WholeType.values()) {
      metadata.put(type.name(), new GgufValue.Wholes(type, wholes));
    }
    GgufValue reals = new GgufValue.Reals(new float[] {-0.5f, 2});
    metadata.put("reals", reals);
    metadata.put("wide", new GgufValue.WideReals(new double[] {0.1}));
    metadata.put("flags", new GgufValue.Flags(new boolean[] {true, false}));
    metadata.put("arrays", new GgufValue.Arrays(List.of(reals, new GgufValue.Texts(List.of()))));
    write(folder.resolve("m.gguf"), metadata, List.of());
    try (Arena arena = Arena.ofConfined()) {
      Map<String, GgufValue> found = GgufFile.open(folder.resolve("m.gguf"), arena).metadata();
      for (GgufValue.WholeType type : GgufValue.WholeType.values()) {
        GgufValue.Wholes array = (GgufValue.Wholes) found.get(type.name());
        assertEquals(type, array.type());
        assertArrayEquals(wholes, array.values());
      }
      assertArrayEquals(new float[] {-0.5f, 2}, ((GgufValue.Reals) found.get("reals")).values());
      assertArrayEquals(new double[] {0.1}, ((GgufValue.WideReals) found.get("wide")).values());
      assertArrayEquals(
          new boolean[] {true, false}, ((GgufValue.Flags) found.get("flags")).values());
      assertEquals(2, ((GgufValue.Arrays) found.get("arrays")).values().size());
    }
  }

  @Test
  void partsOfASplitModelAreJoinedWhicheverIsNamed() {
    writePart(0, 2, "a");
    writePart(1, 2, "b");
    try (Arena arena = Arena.ofConfined()) {
      for (int part = 1; part <= 2; part++) {
        GgufFile file = GgufFile.open(part(part, 2), arena);
        assertEquals(List.of("a", "b"), List.copyOf(file.tensors().keySet()));
        assertEquals(part(1, 2), file.path());
        assertEquals(new GgufValue.Text("a"), file.metadata().get("who"));
      }
    }
    assertEquals(part(1, 2), GgufFile.find(folder).orElseThrow());
  }

  @Test
  void aMissingOrForeignPartIsRefused() throws IOException {
    writePart(0, 3, "a");
    writePart(1, 3, "b");
    assertRefused(MissingFileException.class, part(1, 3), "m-00003-of-00003.gguf");
    Files.copy(part(2, 3), part(3, 3));
    assertRefused(
        MalformedFileException.class,
        part(1, 3),
        "m-00003-of-00003.gguf: metadata 'split.no': expected 2, found 1");
    Files.delete(part(3, 3));
    writePart(2, 3, "b");
    assertRefused(
        MalformedFileException.class,
        part(1, 3),
        "m-00003-of-00003.gguf: tensor 'b': the tensor is in");
    Files.copy(part(1, 3), folder.resolve("renamed.gguf"));
    assertRefused(
        MalformedFileException.class, folder.resolve("renamed.gguf"), "split.count", "part of 3");
  }

  @Test
  void aFolderWithSeveralFilesDoesNotTellWhich() throws IOException {
    Files.createFile(folder.resolve("a.gguf"));
    assertEquals(folder.resolve("a.gguf"), GgufFile.find(folder).orElseThrow());
    Files.createFile(folder.resolve("b.gguf"));
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> GgufFile.find(folder));
    assertTrue(
        failure.getMessage().contains("the folder holds 2 GGUF files"), failure.getMessage());
    Files.createFile(folder.resolve("consolidated.00.pth"));
    assertTrue(GgufFile.find(folder).isEmpty());
  }

  @Test
  void whatIsNoGgufOfAKnownKindIsRefused() {
    assertMalformed(
        bytes -> bytes.int8('G'),
        "magic: the file ends 1 bytes after byte 0",
        "4 bytes should follow");
    assertMalformed(bytes -> bytes.int32(0x12345678), "magic: expected GGUF, found 78563412");
    assertUnsupported(bytes -> bytes.int32(0x46554747).int32(1), "version: expected 2 or 3");
    assertUnsupported(bytes -> bytes.int32(0x46554747).int32(4), "version: expected 2 or 3");
    assertUnsupported(
        bytes -> bytes.int32(0x46554747).int32(Integer.reverseBytes(3)),
        "byte order: expected little-endian, found big-endian");
    assertUnsupported(
        bytes -> bytes.begin(1, 0).tensor("w", 16, 0, 256).data(66),
        "tensor 'w': type: expected one of [F32",
        "found IQ2_XXS");
    assertUnsupported(bytes -> bytes.begin(1, 0).tensor("w", 99, 0, 256).data(66), "found type 99");
    assertRefused(MissingFileException.class, folder.resolve("absent.gguf"), "absent.gguf");
  }

  @Test
  void numbersThatTheFileIsTooShortForAreRefused() {
    assertMalformed(bytes -> bytes.begin(-1, 0), "number of tensors", "18446744073709551615");
    assertMalformed(bytes -> bytes.begin(1 << 30, 0), "number of tensors", "fits into the 8 bytes");
    assertMalformed(bytes -> bytes.begin(0, Long.MIN_VALUE), "number of metadata entries");
    assertMalformed(
        bytes -> bytes.begin(0, 1).int64(Long.MAX_VALUE).int32(0).int8(0),
        "key of metadata entry 0: length");
    assertMalformed(
        bytes -> bytes.begin(0, 1).text("k").int32(8).int64(1000), "metadata 'k': length");
    for (int type = 0; type <= 12; type++) {
      int element = type;
      assertMalformed(
          bytes -> bytes.begin(0, 1).text("k").int32(9).int32(element).int64(1 << 20).int64(0),
          "metadata 'k': length",
          "1048576");
    }
  }

  /** As llama.cpp reads them, though the format wants UTF-8, 0 and 1. */
  @Test
  void textsThatAreNotUtf8AndOtherTruthValuesAreRead() {
    Path file =
        file(
            bytes ->
                bytes
                    .begin(0, 2)
                    .text("flag")
                    .int32(7)
                    .int8(2)
                    .text("text")
                    .int32(8)
                    .int64(2)
                    .int8('a')
                    .int8(0xff));
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(
          Map.of("flag", new GgufValue.Flag(true), "text", new GgufValue.Text("a\uFFFD")),
          GgufFile.open(file, arena).metadata());
    }
  }

  @Test
  void metadataThatBreaksARuleIsRefused() {
    assertMalformed(
        bytes -> bytes.begin(0, 2).text("k").int32(0).int8(1).text("k").int32(0).int8(1),
        "metadata 'k': the key stands twice");
    assertMalformed(bytes -> bytes.begin(0, 1).text("k").int32(13).int8(1), "'k': type", "13");
    assertMalformed(
        bytes -> bytes.begin(0, 1).text("k").int32(9).int32(13).int64(0), "type of elements");
    assertMalformed(
        bytes -> {
          bytes.begin(0, 1).text("k").int32(9);
          for (int depth = 0; depth < 50; depth++) {
            bytes.int32(9).int64(1);
          }
          return bytes.int32(0).int64(0);
        },
        "arrays are nested deeper than 4");
    for (int alignment : new int[] {0, 24, 1 << 21}) {
      assertMalformed(
          bytes -> bytes.begin(0, 1).text("general.alignment").int32(4).int32(alignment),
          "general.alignment",
          "a power of two",
          "" + alignment);
    }
    assertMalformed(
        bytes -> bytes.begin(0, 1).text("general.alignment").int32(8).text("32"), "a text");
  }

  @Test
  void tensorsThatBreakARuleAreRefused() {
    assertMalformed(
        bytes -> bytes.begin(2, 0).tensor("w", 0, 0, 8).tensor("w", 0, 32, 8).data(64),
        "tensor 'w': the name stands twice");
    assertMalformed(bytes -> bytes.begin(1, 0).tensor("w", 0, 0).data(32), "1 to 4 dimensions");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 0, 0, 1, 1, 1, 1, 1).data(32), "found 5");
    assertMalformed(bytes -> bytes.begin(1, 0).tensor("w", 0, 0, 0, 8).data(32), "dimension");
    assertMalformed(bytes -> bytes.begin(1, 0).tensor("w", 0, 0, -8).data(32), "dimension");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 2, 0, 40).data(32), "columns in blocks of 32");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 0, 0, 1L << 32, 1L << 31).data(32),
        "a size below 2^63 bytes");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 0, 8, 8).data(64), "offset", "multiple of 32");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 0, -32, 8).data(64), "offset", "multiple of 32");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 0, Long.MAX_VALUE - 31, 8).data(64), "offset");
    assertMalformed(
        bytes -> bytes.begin(2, 0).tensor("a", 0, 0, 9).tensor("b", 0, 32, 8).data(128),
        "tensor 'b': offset: expected 64, behind the tensor before it, found 32");
    assertMalformed(
        bytes -> bytes.begin(2, 0).tensor("a", 0, 0, 8).tensor("b", 0, 64, 8).data(128),
        "tensor 'b': offset: expected 32");
    assertMalformed(
        bytes -> bytes.begin(1, 0).tensor("w", 0, 0, 8).data(31), "bytes within the file's");
    assertMalformed(bytes -> bytes.begin(1, 0).tensor("w", 0, 0, 8), "bytes within the file's");
  }

  @Test
  void mutatedFilesAreReadOrRefusedWithADocumentedException() throws IOException {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.alignment", GgufValue.unsigned(32));
    metadata.put("texts", new GgufValue.Texts(List.of("a", "", "▁b")));
    metadata.put("nested", new GgufValue.Arrays(List.of(new GgufValue.Reals(new float[] {1, 2}))));
    metadata.put("flags", new GgufValue.Flags(new boolean[] {true, false}));
    Path path = folder.resolve("m.gguf");
    write(
        path,
        metadata,
        List.of(
            new GgufWriter.Declaration("w", GgufType.Q4_0, List.of(2L, 32L)),
            new GgufWriter.Declaration("v", GgufType.F32, List.of(5L))));
    byte[] valid = Files.readAllBytes(path);
    SplittableRandom random = new SplittableRandom(7);
    int read = 0;
    for (int round = 0; round < 3000; round++) {
      byte[] mutated = GgufMutation.of(valid, random);
      Path target = Files.write(folder.resolve("x.gguf"), mutated);
      try (Arena arena = Arena.ofConfined()) {
        GgufFile.open(target, arena);
        read++;
      } catch (JmixtralException refused) {
        assertEquals(-1, refused.getMessage().indexOf('\n'));
      }
    }
    assertTrue(read > 0 && read < 3000, read + " of 3000 mutated files were read");
  }

  private void writePart(int number, int count, String tensor) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("split.no", new GgufValue.Whole(GgufValue.WholeType.UINT16, number));
    metadata.put("split.count", new GgufValue.Whole(GgufValue.WholeType.UINT16, count));
    metadata.put("split.tensors.count", new GgufValue.Whole(GgufValue.WholeType.INT32, count));
    metadata.put("who", new GgufValue.Text(tensor));
    write(
        part(number + 1, count),
        metadata,
        List.of(new GgufWriter.Declaration(tensor, GgufType.F32, List.of(5L))));
  }

  private Path part(int number, int count) {
    return folder.resolve("m-%05d-of-%05d.gguf".formatted(number, count));
  }

  private static void write(
      Path file, Map<String, GgufValue> metadata, List<GgufWriter.Declaration> tensors) {
    try (GgufWriter writer = new GgufWriter(file, metadata, tensors)) {
      for (GgufWriter.Declaration tensor : tensors) {
        byte[] bytes = new byte[Math.toIntExact(tensor.byteSize())];
        writer.write(tensor.name(), MemorySegment.ofArray(bytes));
      }
      writer.finish();
    }
  }

  private void assertMalformed(UnaryOperator<Bytes> content, String... parts) {
    assertRefused(MalformedFileException.class, file(content), parts);
  }

  private void assertUnsupported(UnaryOperator<Bytes> content, String... parts) {
    assertRefused(UnsupportedCheckpointException.class, file(content), parts);
  }

  private Path file(UnaryOperator<Bytes> content) {
    try {
      byte[] bytes = content.apply(new Bytes()).out.toByteArray();
      return Files.write(folder.resolve("hostile.gguf"), bytes);
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static void assertRefused(
      Class<? extends JmixtralException> expected, Path file, String... parts) {
    try (Arena arena = Arena.ofConfined()) {
      JmixtralException failure = assertThrows(expected, () -> GgufFile.open(file, arena));
      for (String part : parts) {
        assertTrue(failure.getMessage().contains(part), failure.getMessage());
      }
    }
  }
}
