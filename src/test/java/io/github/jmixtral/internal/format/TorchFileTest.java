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
import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@RunsOnce
class TorchFileTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{0}, protocol {1}")
  @MethodSource("tensors")
  void tensorsOfEveryProtocolAreRead(String name, String protocol, byte[] pickle) {
    assertTensors(TorchArchives.of(pickle));
  }

  @Test
  void aLargeArchiveIsRead() throws IOException {
    assertTensors(TorchArchives.of(aDictionary()).large());
  }

  private void assertTensors(TorchArchives archive) {
    try (Arena arena = Arena.ofConfined()) {
      Map<String, TensorEntry> tensors = TorchFile.open(archive.write(folder), arena);
      assertEquals(
          List.of("matrix", "rest", "whole", "one", "none", "column", "parameter"),
          List.copyOf(tensors.keySet()));
      assertEquals(List.of(2L, 3L), tensors.get("matrix").shape());
      assertEquals(Dtype.F32, tensors.get("matrix").dtype());
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, floats(tensors.get("matrix")));
      assertArrayEquals(new float[] {6, 7, 8, 9, 10, 11}, floats(tensors.get("rest")));
      assertEquals(12, floats(tensors.get("whole")).length);
      assertEquals(List.of(), tensors.get("one").shape());
      assertEquals(Dtype.F16, tensors.get("one").dtype());
      assertArrayEquals(new byte[] {6, 7}, bytes(tensors.get("one")));
      assertEquals(0, tensors.get("none").data().byteSize());
      assertEquals(List.of(4L, 1L), tensors.get("column").shape());
      assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 6, 7}, bytes(tensors.get("parameter")));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malicious")
  void whatRunsCodeIsRefusedByItsName(String name, String refusal, byte[] pickle) {
    String message = message(UnsupportedCheckpointException.class, TorchArchives.of(pickle));
    assertTrue(message.startsWith(folder.resolve("x.pth") + ": data.pkl: byte "), message);
    assertTrue(message.contains("only tensors and containers are read, not"), message);
    assertTrue(message.contains(refusal), message);
  }

  @Test
  void thereAreMaliciousPicklesEnough() throws IOException {
    assertTrue(malicious().count() >= 20);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // storage '0' has 12 floats; below: offset, sizes, strides
        "7 | 6 | 1 | a tensor within its storage of 12 elements",
        "13 | 0 | 1 | a tensor within its storage of 12 elements",
        "0 | 4 4 | 4 1 | a tensor within its storage of 12 elements",
        "-1 | 4 | 1 | an integer, not negative",
        "0 | 3 -4 | 4 1 | an integer, not negative",
        "0 | 2147483647 2147483647 2147483647 | 1 1 1 | less than 2^63 elements",
        "0 | 2147483647 2147483647 | 2147483647 1 | a tensor within its storage",
        "0 | 2 3 | 3 | a stride for each",
        "0 | 2 3 | 1 2 | found the strides [1, 2]",
        "0 | 2 | 0 | found the strides [0]",
      })
  void tensorsStayWithinTheirStorage(int offset, String sizes, String strides, String part) {
    Program pickle = new Program().text("t").tensor(offset, sizes, strides).op('s').op('.');
    String message = message(JmixtralException.class, TorchArchives.of(pickle.bytes()));
    assertTrue(message.contains(part), message);
  }

  @Test
  void aStorageHasAsManyElementsAsThePickleSays() {
    TorchArchives archive =
        TorchArchives.of(new Program().text("t").tensor(0, "2", "1").op('s').op('.').bytes());
    archive.put("x/data/0", new byte[44]);
    assertMessage(archive, "expected 12 elements of F32 in the storage '0', found 44 bytes");
    archive.put("x/data/0", new byte[47]);
    assertMessage(archive, "found 47 bytes");
    archive.remove("x/data/0");
    assertMessage(archive, "the archive has no entry 'x/data/0'");
  }

  @Test
  void sharedPartsTakeNoRoom() {
    Program laughs = new Program().text("laughs").op(']').op('q', 0);
    for (int level = 0; level < 200; level++) {
      // Each list holds the one before ten times.
      laughs.op(']').op('(');
      for (int i = 0; i < 10; i++) {
        laughs.op('h', level);
      }
      laughs.op('e').op('q', level + 1);
    }
    // Whatever is left on the stack, nothing walks through it.
    try (Arena arena = Arena.ofConfined()) {
      Path file = TorchArchives.of(laughs.op('.').bytes()).write(folder);
      assertThrows(JmixtralException.class, () -> TorchFile.open(file, arena));
    }
  }

  @Test
  void aListThatHoldsItselfIsNoTrouble() {
    Program self = new Program().text("self").op(']').op('q', 0).op('h', 0).op('a');
    try (Arena arena = Arena.ofConfined()) {
      Path file = TorchArchives.of(self.op('s').op('.').bytes()).write(folder);
      assertEquals(Map.of(), TorchFile.open(file, arena));
    }
  }

  @Test
  void endlessProgramsEnd() {
    byte[] pickle = new byte[3_000_000];
    Arrays.fill(pickle, (byte) 'N');
    pickle[0] = (byte) 0x80;
    pickle[1] = 2;
    assertMessage(TorchArchives.of(pickle), "more than 2000000 instructions");
    assertMessage(TorchArchives.of(new byte[17 << 20]), "at most 16777216 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gAI= |ends after 0 bytes, but 1 should follow",
        "gAJ9 |ends after 0 bytes, but 1 should follow",
        "fS4= | this is no pickle of protocol 2 to 5",
        "gAd9Lg== | protocol 7",
        "gAIu | 1 values on the stack, found 0",
        "gAJOLg== | a dictionary of tensors, found None",
        "gAJ9KHUu | ''",
        "gAJ9KE51Lg== | pairs of keys and values",
        "gAJ9Tk5zLg== | a text as the key of an entry, found None",
        "gAJ0Lg== | the stack has no mark",
        "gAJoBS4= | no value was memorised under 5",
        "gAL/Lg== | the byte 255",
        "gAJY/////y4= | at most 65536 bytes",
        "gAKK/y4= | an integer of at most 8 bytes",
        "gASV//////////8u | 18446744073709551615",
        "gASV//8AAAAAAAAu | but 65535 should follow",
        "gAJYAQAAAP8u | UTF-8",
        "gAJjb3M= | the pickle ends within a line",
      })
  void brokenPicklesAreExplained(String pickle, String part) {
    TorchArchives archive = TorchArchives.of(Base64.getDecoder().decode(pickle));
    if (part.isEmpty()) {
      try (Arena arena = Arena.ofConfined()) {
        assertEquals(Map.of(), TorchFile.open(archive.write(folder), arena));
      }
    } else {
      assertMessage(archive, part);
    }
  }

  @Test
  void otherFilesAreExplained() throws IOException {
    byte[] pickle = aDictionary();
    try (Arena arena = Arena.ofConfined()) {
      Path missing = folder.resolve("missing.pth");
      assertThrows(MissingFileException.class, () -> TorchFile.open(missing, arena));
    }
    byte[] old = {(byte) 0x80, 2, (byte) 0x8A, 10, 'l', (byte) 0xFC};
    assertMessage(
        old, "the format before PyTorch 1.6; load the file with PyTorch and save it again");
    assertMessage(new byte[0], "no zip archive");
    assertMessage("PK\3\4 and no more".getBytes(StandardCharsets.US_ASCII), "has no end");
    assertMessage(
        TorchArchives.of(pickle).put("x/byteorder", "big".getBytes(StandardCharsets.US_ASCII)),
        "byteorder: expected little");
    assertMessage(
        TorchArchives.of(pickle).remove("x/data.pkl"), "the archive has 0 entries data.pkl");
    assertMessage(
        TorchArchives.of(pickle).put("y/data.pkl", pickle), "the archive has 2 entries data.pkl");
    byte[] compressed = TorchArchives.of(pickle).bytes();
    compressed[indexOf(compressed, 0x02014b50) + 10] = 8;
    assertMessage(compressed, "the entry is compressed or encrypted");
    byte[] outside = TorchArchives.of(pickle).bytes();
    outside[indexOf(outside, 0x02014b50) + 45] = 1;
    assertMessage(outside, "within the file");
  }

  @Test
  void damagedFilesAreRefusedOrRead() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    byte[] small = TorchArchives.of(aDictionary()).bytes();
    byte[] large = TorchArchives.of(aDictionary()).large().bytes();
    for (int i = 0; i < 4000; i++) {
      byte[] damaged = (i % 2 == 0 ? small : large).clone();
      for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      openOrRefuse(damaged);
    }
    for (int length = 0; length < small.length; length += 7) {
      openOrRefuse(Arrays.copyOf(small, length));
    }
  }

  private void openOrRefuse(byte[] file) {
    try (Arena arena = Arena.ofConfined()) {
      TorchFile.open(TorchArchives.write(folder, file), arena)
          .values()
          .forEach(tensor -> tensor.data().toArray(ValueLayout.JAVA_BYTE));
    } catch (MalformedFileException | UnsupportedCheckpointException refused) {
      assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
    }
  }

  private void assertMessage(TorchArchives archive, String part) {
    assertMessage(archive.bytes(), part);
  }

  private void assertMessage(byte[] file, String part) {
    try (Arena arena = Arena.ofConfined()) {
      Path path = TorchArchives.write(folder, file);
      String message =
          assertThrows(JmixtralException.class, () -> TorchFile.open(path, arena)).getMessage();
      assertTrue(message.contains(part), message);
      assertEquals(1, message.lines().count());
    }
  }

  private <T extends RuntimeException> String message(Class<T> type, TorchArchives archive) {
    try (Arena arena = Arena.ofConfined()) {
      Path file = archive.write(folder);
      return assertThrows(type, () -> TorchFile.open(file, arena)).getMessage();
    }
  }

  private static int indexOf(byte[] bytes, int signature) {
    for (int i = 0; ; i++) {
      int found = 0;
      for (int b = 3; b >= 0; b--) {
        found = found << 8 | bytes[i + b] & 0xFF;
      }
      if (found == signature) {
        return i;
      }
    }
  }

  private static float[] floats(TensorEntry tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  private static byte[] bytes(TensorEntry tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] aDictionary() throws IOException {
    return (byte[]) tensors().skip(4).findFirst().orElseThrow().get()[2];
  }

  static Stream<Arguments> tensors() throws IOException {
    return pickles("tensors.txt");
  }

  static Stream<Arguments> malicious() throws IOException {
    return pickles("malicious.txt");
  }

  private static Stream<Arguments> pickles(String file) throws IOException {
    return Files.readAllLines(Fixtures.folder("pickles").resolve(file)).stream()
        .map(line -> line.split("\\|"))
        .map(parts -> Arguments.of(parts[0], parts[1], Base64.getDecoder().decode(parts[2])));
  }

  /** A pickle of protocol 2, put together by hand: a dictionary and what follows. */
  private static final class Program {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Program() {
      op(0x80, 2).op('}');
    }

    Program op(int... codes) {
      for (int code : codes) {
        bytes.write(code);
      }
      return this;
    }

    Program text(String text) {
      op('U', text.length());
      bytes.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
      return this;
    }

    Program global(String module, String name) {
      bytes.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
      return this;
    }

    Program whole(int number) {
      return op('J', number, number >> 8, number >> 16, number >> 24);
    }

    Program tuple(String numbers) {
      op('(');
      for (String number : numbers.split(" ")) {
        whole(Integer.parseInt(number));
      }
      return op('t');
    }

    Program tensor(int offset, String sizes, String strides) {
      return global("torch._utils", "_rebuild_tensor")
          .op('(', '(')
          .text("storage")
          .global("torch", "FloatStorage")
          .text("0")
          .text("cpu")
          .whole(12)
          .op('t', 'Q')
          .whole(offset)
          .tuple(sizes)
          .tuple(strides)
          .op('t', 'R');
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
