package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file for each rule of the format that breaks this rule and no other. */
@RunsOnce
class SafetensorsRulesTest {
  private static final String GOOD =
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
          + "'b':{'dtype':'U8','shape':[2,1],'data_offsets':[8,10]}}";

  @TempDir Path folder;

  @Test
  void aGoodFileIsAccepted() {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(write(GOOD, 10), arena);
      assertEquals(List.of("a", "b"), List.copyOf(file.tensors().keySet()));
      assertEquals(Dtype.F32, file.tensor("a").dtype());
      assertEquals(List.of(2L, 1L), file.tensor("b").shape());
      assertEquals(9, file.tensor("b").data().get(ValueLayout.JAVA_BYTE, 1));
      assertEquals(Map.of(), file.metadata());
    }
  }

  @Test
  void spacesAfterTheHeaderAreAllowed() {
    assertTensors("{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}      ", 1, 1);
  }

  @Test
  void aFileWithoutTensorsIsAllowed() {
    assertTensors("{}", 0, 0);
  }

  @Test
  void aSingleNumberHasRankZero() {
    assertTensors("{'a':{'dtype':'F64','shape':[],'data_offsets':[0,8]}}", 8, 1);
  }

  @Test
  void emptyTensorsAreAllowedAnywhere() {
    assertTensors(
        "{'x':{'dtype':'F32','shape':[0],'data_offsets':[0,0]},"
            + "'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
            + "'y':{'dtype':'F32','shape':[3,0,9],'data_offsets':[4,4]},"
            + "'z':{'dtype':'F32','shape':[0],'data_offsets':[4,4]}}",
        4,
        4);
  }

  @Test
  void tensorsMayStandInAnyOrderInTheHeader() {
    assertTensors(
        "{'b':{'dtype':'U8','shape':[2],'data_offsets':[8,10]},"
            + "'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
        10,
        2);
  }

  @Test
  void metadataMapsStringsToStrings() {
    try (Arena arena = Arena.ofConfined()) {
      Path file = write("{'__metadata__':{'format':'pt','é':''}}", 0);
      assertEquals(Map.of("format", "pt", "é", ""), SafetensorsFile.open(file, arena).metadata());
    }
    refuses("{'__metadata__':{'format':1}}", 0, "__metadata__: 'format'", "a string", "an integer");
    refuses("{'__metadata__':{'format':{}}}", 0, "'format'", "a string", "an object");
    refuses("{'__metadata__':[]}", 0, "__metadata__", "a JSON object", "an array");
    assertTensors("{'__metadata__':null}", 0, 0);
  }

  @Test
  void aFileShorterThanTheHeadersLengthIsRefused() {
    refuses(new byte[0], "too few for the 8 of", "0 bytes");
    refuses(new byte[7], "too few for the 8 of", "7 bytes");
  }

  @Test
  void aHeaderLengthBeyondTheFileIsRefused() {
    refuses(withLength(3, "{}"), "header length", "at most 2", "found 3");
    refuses(withLength(100_000_000, "{}"), "header length", "at most 2", "found 100000000");
  }

  @Test
  void aHeaderLengthBeyondTheFormatsLimitIsRefused() {
    refuses(withLength(100_000_001, "{}"), "at most 100000000", "found 100000001");
    refuses(withLength(Long.MAX_VALUE, "{}"), "at most 100000000", "found 9223372036854775807");
    refuses(withLength(-1, "{}"), "at most 100000000", "found 18446744073709551615");
  }

  @Test
  void theLargestHeaderOfNothingIsRefusedAtItsFirstByte() throws IOException {
    Path path = folder.resolve("model.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(withLength(100_000_000, ""));
      file.setLength(100_000_008);
    }
    refuses(path, "header: line 1", "this is not JSON");
  }

  @Test
  void aHeaderThatIsNotJsonIsRefused() {
    refuses("", 0, "header", "a JSON object", "nothing");
    refuses("[]", 0, "header", "a JSON object", "an array");
    refuses("'a'", 0, "header", "a JSON object", "a string");
    refuses("{'a':", 0, "header: line 1, column", "JSON");
    refuses("{'a' 1}", 0, "header: line 1, column", "JSON");
    refuses("{nonsense}", 0, "header: line 1, column", "JSON");
    refuses("{} {}", 0, "header", "more JSON follows", "more JSON");
    refuses("{}\0", 0, "header: line 1", "this is not JSON");
    refuses(" {}", 0, "header", "must begin with '{'", "white space");
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefused() {
    byte[] header = "{'a':'?'}".replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    for (int bad : new int[] {0x80, 0xc0, 0xff}) {
      header[6] = (byte) bad;
      refuses(withLength(header.length, header), "not UTF-8", "the text is");
    }
  }

  @Test
  void anotherEncodingOfUnicodeIsRefused() {
    byte[] header = "{}".getBytes(StandardCharsets.UTF_16LE);
    refuses(withLength(header.length, header), "header: line 1", "this is not JSON");
  }

  @Test
  void entriesWithoutEndAreRefusedBeforeTheyFillTheMemory() {
    StringBuilder metadata = new StringBuilder("{'__metadata__':{'':''");
    for (int i = 0; i <= 1_000_000; i++) {
      metadata.append(",'").append(i).append("':''");
    }
    refuses(metadata.append("}}").toString(), 0, "more than 1000000 entries", "the header has");
  }

  @Test
  void nestingWithoutEndIsRefused() {
    refuses("{'a':{'extra':" + "[".repeat(100_000), 0, "tensor 'a'", "the JSON is nested deeper");
  }

  @Test
  void duplicateKeysAreRefused() {
    String tensor = "{'dtype':'U8','shape':[1],'data_offsets':[0,1]}";
    refuses("{'a':" + tensor + ",'a':" + tensor + "}", 1, "a key stands here for the second time");
    refuses(
        "{'a':{'dtype':'U8','dtype':'U8','shape':[1],'data_offsets':[0,1]}}",
        1,
        "tensor 'a'",
        "a key stands here for the second time");
    refuses("{'__metadata__':{'x':'','x':''}}", 0, "a key stands here for the second time");
    refuses("{'__metadata__':{},'__metadata__':{}}", 0, "a key stands here for the second time");
  }

  @Test
  void aTensorMustBeAnObject() {
    refuses("{'a':1}", 0, "tensor 'a'", "a JSON object", "an integer");
  }

  @Test
  void everyTensorHasDtypeShapeAndOffsets() {
    refuses("{'a':{'shape':[1],'data_offsets':[0,1]}}", 1, "'a'", "the key dtype is missing");
    refuses("{'a':{'dtype':'U8','data_offsets':[0,1]}}", 1, "'a'", "the key shape is missing");
    refuses("{'a':{'dtype':'U8','shape':[1]}}", 1, "'a'", "the key data_offsets is missing");
  }

  @Test
  void aDtypeIsTextAndTheUnknownOneIsPassedOver() {
    for (String dtype : List.of("'U16'", "'F4'", "'F8_E8M0'", "'F31'")) {
      assertTensors(
          tensor(dtype, "[1]", dtype.equals("'U16'") ? "[0,2]" : "[0,1]"),
          dtype.equals("'U16'") ? 2 : 1,
          1);
    }
    refuses(tensor("32", "[1]", "[0,4]"), 4, "tensor 'a': dtype", "a string", "an integer");
  }

  @Test
  void aShapeIsAListOfIntegersFromZero() {
    String[] place = {"tensor 'a': shape"};
    refuses(tensor("'U8'", "[-1]", "[0,1]"), 1, place[0], "from 0 to 2^63 - 1", "found -1");
    refuses(tensor("'U8'", "[1.0]", "[0,1]"), 1, place[0], "integers", "a fraction or exponent");
    refuses(tensor("'U8'", "['1']", "[0,1]"), 1, place[0], "integers", "a string");
    refuses(tensor("'U8'", "[null]", "[0,1]"), 1, place[0], "integers", "null");
    refuses(tensor("'U8'", "[[1]]", "[0,1]"), 1, place[0], "integers", "an array");
    refuses(tensor("'U8'", "1", "[0,1]"), 1, place[0], "an array of integers", "an integer");
    refuses(tensor("'U8'", "[1e0]", "[0,1]"), 1, place[0], "integers", "a fraction or exponent");
  }

  @Test
  void aShapeBeyondTheRangeOfLongIsRefused() {
    refuses(
        tensor("'U8'", "[9223372036854775808]", "[0,1]"),
        1,
        "tensor 'a': shape",
        "from 0 to 2^63 - 1",
        "found 9223372036854775808");
    refuses(
        tensor("'U8'", "[4294967296,4294967296]", "[0,0]"),
        0,
        "tensor 'a': shape",
        "more than 2^63 bytes",
        "[4294967296, 4294967296]");
    refuses(
        tensor("'F32'", "[4611686018427387904]", "[0,0]"),
        0,
        "tensor 'a': shape",
        "more than 2^63 bytes",
        "[4611686018427387904]");
    refuses(
        tensor("'U8'", "[" + "9".repeat(2000) + "]", "[0,1]"),
        1,
        "tensor 'a'",
        "larger than jmixtral reads");
  }

  @Test
  void aShapeOfAbsurdRankIsRefused() {
    String ones = "1,".repeat(65);
    refuses(
        tensor("'U8'", "[" + ones + "1]", "[0,1]"),
        1,
        "tensor 'a': shape",
        "more than 64 numbers",
        "more");
  }

  @Test
  void offsetsAreTwoIntegers() {
    String place = "tensor 'a': data_offsets";
    refuses(tensor("'U8'", "[1]", "[1]"), 1, place, "two numbers", "[1]");
    refuses(tensor("'U8'", "[1]", "[]"), 1, place, "two numbers", "[]");
    refuses(tensor("'U8'", "[1]", "[0,1,1]"), 1, place, "more than 2 numbers", "more");
    refuses(tensor("'U8'", "[1]", "[-1,0]"), 1, place, "from 0 to 2^63 - 1", "found -1");
    refuses(tensor("'U8'", "[1]", "[0,1.5]"), 1, place, "integers", "a fraction or exponent");
    refuses(tensor("'U8'", "[1]", "{}"), 1, place, "an array of integers", "an object");
  }

  @Test
  void reversedOffsetsAreRefused() {
    refuses(
        tensor("'U8'", "[1]", "[1,0]"),
        1,
        "tensor 'a': data_offsets",
        "[1, 0] end before they begin");
  }

  @Test
  void offsetsBeyondTheEndAreRefused() {
    refuses(
        tensor("'U8'", "[2]", "[0,2]"),
        1,
        "tensor 'a': data_offsets",
        "beyond the 1 bytes",
        "[0, 2]");
    refuses(
        tensor("'U8'", "[1]", "[9223372036854775806,9223372036854775807]"),
        1,
        "tensor 'a': data_offsets",
        "beyond the 1 bytes");
  }

  @Test
  void aSizeThatDoesNotFollowFromShapeAndDtypeIsRefused() {
    refuses(
        tensor("'F32'", "[2]", "[0,4]"),
        4,
        "tensor 'a': data_offsets",
        "4 bytes do not hold F32 [2], which takes 8");
    refuses(
        tensor("'F32'", "[0]", "[0,4]"),
        4,
        "tensor 'a': data_offsets",
        "4 bytes do not hold F32 [0], which takes 0");
  }

  @Test
  void overlappingTensorsAreRefused() {
    refuses(
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
            + "'b':{'dtype':'U8','shape':[4],'data_offsets':[2,6]}}",
        6,
        "tensor 'b': data_offsets",
        "begin at 4",
        "[2, 6] should",
        "it overlaps");
    refuses(
        "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
            + "'b':{'dtype':'U8','shape':[0],'data_offsets':[2,2]}}",
        4,
        "tensor 'b': data_offsets",
        "begin at 4",
        "[2, 2] should",
        "it overlaps");
  }

  @Test
  void holesBetweenTensorsAreRefused() {
    refuses(
        tensor("'U8'", "[1]", "[1,2]"),
        2,
        "tensor 'a'",
        "begin at 0",
        "[1, 2] should",
        "it leaves a hole");
    refuses(
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'b':{'dtype':'U8','shape':[1],'data_offsets':[2,3]}}",
        3,
        "tensor 'b'",
        "begin at 1",
        "[2, 3] should",
        "it leaves a hole");
  }

  @Test
  void bytesAfterTheLastTensorAreRefused() {
    refuses(GOOD, 11, "10 bytes of tensors after the header", "found 11 bytes");
    refuses("{}", 1, "0 bytes of tensors after the header", "found 1 bytes");
  }

  @Test
  void aTruncatedFileIsRefusedWhereverItWasCut() throws IOException {
    byte[] whole = Files.readAllBytes(write(GOOD, 10));
    for (int length = 0; length < whole.length; length++) {
      refuses(
          Arrays.copyOf(whole, length),
          length < 8 ? "too few for the 8 of" : "model.safetensors: ");
    }
  }

  @Test
  void aTensorNameStaysOneShortLineInAMessage() {
    String name = "x\\n".repeat(10_000);
    MalformedFileException failure = refuses("{'" + name + "':1}", 0, "tensor 'x?x?");
    assertTrue(failure.getMessage().length() < 400, failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count());
  }

  @Test
  void aMissingFileIsNamed() {
    try (Arena arena = Arena.ofConfined()) {
      Path path = folder.resolve("absent.safetensors");
      MissingFileException missing =
          assertThrows(MissingFileException.class, () -> SafetensorsFile.open(path, arena));
      assertTrue(missing.getMessage().contains(path.toString()), missing.getMessage());
    }
  }

  @Test
  void askingForATensorThatIsNotThereNamesFileAndTensor() {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(write(GOOD, 10), arena);
      MalformedFileException failure =
          assertThrows(MalformedFileException.class, () -> file.tensor("c"));
      assertEquals(file.path() + ": tensor 'c': the tensor is missing", failure.getMessage());
    }
  }

  private static String tensor(String dtype, String shape, String offsets) {
    return "{'a':{'dtype':" + dtype + ",'shape':" + shape + ",'data_offsets':" + offsets + "}}";
  }

  private void assertTensors(String header, int dataBytes, int count) {
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(count, SafetensorsFile.open(write(header, dataBytes), arena).tensors().size());
    }
  }

  private void refuses(String header, int dataBytes, String... parts) {
    refuses(write(header, dataBytes), parts);
  }

  private MalformedFileException refuses(String header, int dataBytes, String part) {
    return refuses(write(header, dataBytes), part);
  }

  private void refuses(byte[] content, String... parts) {
    refuses(write(content), parts);
  }

  private static MalformedFileException refuses(Path file, String... parts) {
    try (Arena arena = Arena.ofConfined()) {
      MalformedFileException failure =
          assertThrows(MalformedFileException.class, () -> SafetensorsFile.open(file, arena));
      String message = failure.getMessage();
      assertTrue(message.startsWith(file + ": "), message);
      for (String part : parts) {
        assertTrue(message.contains(part), part + " in: " + message);
      }
      return failure;
    }
  }

  /** Single quotes stand for double ones; the data are the bytes 0, 1, 2, … */
  private Path write(String header, int dataBytes) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer content = ByteBuffer.allocate(8 + json.length + dataBytes);
    content.put(withLength(json.length, json));
    for (int i = 0; i < dataBytes; i++) {
      content.put((byte) i);
    }
    return write(content.array());
  }

  private Path write(byte[] content) {
    try {
      return Files.write(folder.resolve("model.safetensors"), content);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static byte[] withLength(long length, String header) {
    return withLength(length, header.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] withLength(long length, byte[] header) {
    return ByteBuffer.allocate(8 + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .array();
  }
}
