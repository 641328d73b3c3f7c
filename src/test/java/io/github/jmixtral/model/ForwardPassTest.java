package io.github.jmixtral.model;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.checkpoint.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.kernel.Kernels;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

@RunsOnce
class ForwardPassTest {

  @Test
  void scratchMemoryThatCannotBeAllocatedLeavesNoThreads() throws InterruptedException {
    // Rounded up to whole tiles, the queries of a key/value head are more than an array takes.
    MixtralConfig wide =
        MixtralConfig.builder()
            .numAttentionHeads((1 << 30) - 1)
            .numKeyValueHeads(1)
            .headDim(OptionalInt.of(2))
            .build();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    assertThrows(
        NegativeArraySizeException.class,
        () -> new ForwardPass(wide, null, Kernels.scalar(), 3, false).close());
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!before.contains(thread) && thread.getName().startsWith("jmixtral-")) {
        assertTrue(thread.join(Duration.ofSeconds(20)), thread + " runs on");
      }
    }
  }

  @Test
  void aBatchWiderThanAnArrayIsRefusedBeforeAnythingIsComputed() {
    MixtralConfig config =
        Configs.withWindow(OptionalInt.empty()).toBuilder().hiddenSize(1 << 16).build();
    try (var pass = new ForwardPass(config, null, Kernels.scalar(), 1, false)) {
      pass.batch()
          .add(new KeyValueCache(config, CacheFormat.F32, new CacheMemory()), 1 << 16, null, 0);
      assertThrows(ArithmeticException.class, pass::begin);
    }
  }
}
