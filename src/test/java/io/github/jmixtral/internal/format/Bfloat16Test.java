package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import org.junit.jupiter.api.Test;

@RunsOnce
class Bfloat16Test {
  @Test
  void everyBfloat16SurvivesTheWayThroughFloat() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = Bfloat16.toFloat((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(Bfloat16.toFloat(Bfloat16.ofFloat(value))));
      } else {
        assertEquals((short) bits, Bfloat16.ofFloat(value));
      }
    }
  }

  @Test
  void theNearestIsTakenAndTiesGoToEven() {
    assertEquals(0x3f80, Bfloat16.ofFloat(Float.intBitsToFloat(0x3f807fff)));
    assertEquals(0x3f80, Bfloat16.ofFloat(Float.intBitsToFloat(0x3f808000)));
    assertEquals(0x3f81, Bfloat16.ofFloat(Float.intBitsToFloat(0x3f808001)));
    assertEquals(0x3f82, Bfloat16.ofFloat(Float.intBitsToFloat(0x3f818000)));
    assertEquals(0x7f80, Bfloat16.ofFloat(Float.MAX_VALUE));
  }
}
