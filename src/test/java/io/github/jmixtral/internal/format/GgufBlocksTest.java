package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks that ggml's quantisers made, unpacked. */
@RunsOnce
class GgufBlocksTest {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @ParameterizedTest
  @EnumSource(GgufType.class)
  void elementsAreBitForBitThoseOfGgml(GgufType type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = blocks(type.name(), arena);
      float[] expected = blocks(type + ".floats", arena).toArray(FLOAT);
      assertEquals(type.byteSize(expected.length), data.byteSize());
      float[] found = new float[expected.length];
      GgufBlocks.unpack(type, data, 0, found.length, found, 0);
      for (int i = 0; i < expected.length; i++) {
        assertSameBits(expected[i], found[i], i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GgufType.class)
  void aStretchMayBeginAndEndWithinABlock(GgufType type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = blocks(type.name(), arena);
      float[] expected = blocks(type + ".floats", arena).toArray(FLOAT);
      for (int first : new int[] {0, 1, 31, 33, 250, 511}) {
        for (int count : new int[] {1, 20, 64, 300, 513}) {
          float[] found = new float[count + 3];
          GgufBlocks.unpack(type, data, first, count, found, 2);
          for (int i = 0; i < count; i++) {
            assertSameBits(expected[first + i], found[2 + i], first + i);
          }
          assertEquals(0, found[0]);
          assertEquals(0, found[1]);
          assertEquals(0, found[count + 2]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = GgufType.class,
      names = {"Q4_0", "Q5_0", "Q8_0", "IQ4_NL"})
  void scaleTimesLevelIsTheElement(GgufType type) {
    assertTrue(GgufBlocks.hasLevels(type));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = blocks(type.name(), arena);
      float[] expected = blocks(type + ".floats", arena).toArray(FLOAT);
      int[] levels = new int[700];
      GgufBlocks.levels(type, data, 5, levels.length, levels, 0);
      for (int i = 0; i < levels.length; i++) {
        float scale = GgufBlocks.scale(type, data, (5 + i) / 32);
        assertEquals(expected[5 + i], scale * levels[i], 0f);
      }
    }
  }

  private static void assertSameBits(float expected, float found, int i) {
    assertEquals(Float.floatToRawIntBits(expected), Float.floatToRawIntBits(found), "at " + i);
  }

  private static MemorySegment blocks(String name, Arena arena) {
    return SafetensorsFile.open(
            Fixtures.folder("quantized/gguf-blocks").resolve("expected.safetensors"), arena)
        .tensor(name)
        .data();
  }
}
