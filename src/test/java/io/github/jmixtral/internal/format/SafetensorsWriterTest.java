package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.SafetensorsWriter.Declaration;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void theFileFollowsTheFormatByteByByte() throws IOException {
    Path file = folder.resolve("model.safetensors");
    List<Declaration> tensors =
        List.of(
            new Declaration("norm", Dtype.F32, List.of(2L)),
            new Declaration("one", Dtype.I64, List.of()));
    try (SafetensorsWriter writer =
        new SafetensorsWriter(file, tensors, SafetensorsWriter.HUB_METADATA)) {
      writer.write("norm", new float[] {1, -2});
      writer.write("one", MemorySegment.ofArray(new byte[] {7, 0, 0, 0, 0, 0, 0, 0}));
      writer.finish();
    }
    ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int headerSize = Math.toIntExact(content.getLong());
    byte[] header = new byte[headerSize];
    content.get(header);
    assertEquals(0, content.position() % 64);
    String json = new String(header, StandardCharsets.UTF_8);
    assertEquals(
        "{'__metadata__':{'format':'pt'},"
            + "'norm':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            + "'one':{'dtype':'I64','shape':[],'data_offsets':[8,16]}}",
        json.stripTrailing().replace('"', '\''));
    assertEquals(1f, content.getFloat());
    assertEquals(-2f, content.getFloat());
    assertEquals(7L, content.getLong());
    assertFalse(content.hasRemaining());
  }

  @Test
  void whatIsWrittenInPartsIsReadAsAWhole() {
    Path file = folder.resolve("model.safetensors");
    byte[] bytes = new byte[3 * (1 << 20) + 17];
    new Random(1).nextBytes(bytes);
    MemorySegment data = MemorySegment.ofArray(bytes);
    List<Declaration> tensors =
        List.of(
            new Declaration("empty", Dtype.F32, List.of(0L, 5L)),
            new Declaration("data", Dtype.U8, List.of((long) bytes.length)),
            new Declaration("none", Dtype.BF16, List.of(0L)));
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, Map.of())) {
      writer.write("data", data.asSlice(0, 5));
      writer.write("data", data.asSlice(5, 2_000_000));
      writer.write("data", data.asSlice(2_000_005));
      writer.finish();
    }
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile read = SafetensorsFile.open(file, arena);
      assertEquals(-1, read.tensor("data").data().mismatch(data));
      assertEquals(List.of(0L, 5L), read.tensor("empty").shape());
      assertEquals(3, read.tensors().size());
      assertEquals(Map.of(), read.metadata());
    }
  }

  @Test
  void floatsBeyondOneBufferAreWrittenWhole() {
    Path file = folder.resolve("model.safetensors");
    float[] values = new float[600_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 300_000.25f;
    }
    List<Declaration> tensors = List.of(new Declaration("a", Dtype.F32, List.of(600_001L)));
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, Map.of())) {
      writer.write("a", values);
      writer.finish();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = SafetensorsFile.open(file, arena).tensor("a").data();
      assertArrayEquals(values, data.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
  }

  @Test
  void floatsAreRoundedToTheDeclaredDtype() {
    Path file = folder.resolve("model.safetensors");
    float[] values = {1.00390625f, -3.1415927f, 0f, Float.POSITIVE_INFINITY};
    List<Declaration> tensors =
        List.of(
            new Declaration("f16", Dtype.F16, List.of(4L)),
            new Declaration("bf16", Dtype.BF16, List.of(4L)));
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, Map.of())) {
      writer.write("f16", values);
      writer.write("bf16", values);
      writer.finish();
    }
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile read = SafetensorsFile.open(file, arena);
      short[] half = read.tensor("f16").data().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
      assertArrayEquals(new short[] {0x3c04, (short) 0xc248, 0, 0x7c00}, half);
      // 1.00390625 lies midway between two bfloat16 numbers: the even one is 1.
      short[] brain = read.tensor("bf16").data().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
      assertArrayEquals(new short[] {0x3f80, (short) 0xc049, 0, 0x7f80}, brain);
    }
  }

  @Test
  void anUnfinishedFileNeverAppears() throws IOException {
    Path file = folder.resolve("model.safetensors");
    List<Declaration> tensors = List.of(new Declaration("a", Dtype.U8, List.of(2L)));
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, Map.of())) {
      writer.write("a", MemorySegment.ofArray(new byte[1]));
      assertFalse(Files.exists(file));
      IllegalStateException failure = assertThrows(IllegalStateException.class, writer::finish);
      assertEquals("tensor 'a' has 1 of 2 bytes", failure.getMessage());
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void aFormerFileIsReplacedOnlyByAFinishedOne() throws IOException {
    Path file = Files.writeString(folder.resolve("model.safetensors"), "former");
    List<Declaration> tensors = List.of(new Declaration("a", Dtype.U8, List.of(1L)));
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, Map.of())) {
      writer.write("a", MemorySegment.ofArray(new byte[1]));
      assertEquals("former", Files.readString(file));
      writer.finish();
    }
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(1, SafetensorsFile.open(file, arena).tensors().size());
    }
  }

  @Test
  void tensorsOutOfTurnOrTooLongAreRefused() {
    List<Declaration> tensors =
        List.of(
            new Declaration("a", Dtype.U8, List.of(2L)),
            new Declaration("b", Dtype.I32, List.of(1L)));
    Path file = folder.resolve("model.safetensors");
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, Map.of())) {
      assertRefused("tensor 'b' comes out of order: next is 'a'", () -> write(writer, "b", 4));
      assertRefused("'a': 3 bytes more do not fit the 2 left", () -> write(writer, "a", 3));
      write(writer, "a", 2);
      assertRefused("'a': 1 bytes more do not fit the 0 left", () -> write(writer, "a", 1));
      assertRefused("declared I32", () -> writer.write("b", new float[1]));
      write(writer, "b", 4);
      assertRefused(
          "tensor 'c' comes out of order: all tensors are written", () -> write(writer, "c", 1));
      writer.finish();
    }
  }

  @Test
  void namesAreUniqueAndDimensionsNotNegative() {
    Path file = folder.resolve("model.safetensors");
    Declaration one = new Declaration("a", Dtype.U8, List.of(2L));
    assertRefused("'a'", () -> new SafetensorsWriter(file, List.of(one, one), Map.of()).close());
    Declaration reserved = new Declaration("__metadata__", Dtype.U8, List.of());
    assertRefused(
        "'__metadata__'", () -> new SafetensorsWriter(file, List.of(reserved), Map.of()).close());
    assertRefused("[-1]", () -> new Declaration("a", Dtype.U8, List.of(-1L)));
  }

  @Test
  void dataBeyondTwoGibibytesIsMappedAtItsPlace() throws IOException {
    long big = 3L << 30;
    Path file = folder.resolve("model.safetensors");
    List<Declaration> tensors =
        List.of(
            new Declaration("big", Dtype.U8, List.of(big)),
            new Declaration("last", Dtype.F32, List.of(1L)));
    SparseSafetensors.write(file, tensors, ByteBuffer.allocate(4).putInt(0x0000803f).flip());
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile read = SafetensorsFile.open(file, arena);
      assertEquals(big, read.tensor("big").data().byteSize());
      assertEquals(0, read.tensor("big").data().get(ValueLayout.JAVA_BYTE, big - 1));
      assertEquals(1f, read.tensor("last").data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
      assertTrue(read.tensor("big").data().isReadOnly());
    } finally {
      Files.delete(file);
    }
  }

  private static void write(SafetensorsWriter writer, String name, int bytes) {
    writer.write(name, MemorySegment.ofArray(new byte[bytes]));
  }

  private static void assertRefused(String message, Runnable action) {
    IllegalArgumentException failure = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(failure.getMessage().contains(message), failure.getMessage());
  }
}
