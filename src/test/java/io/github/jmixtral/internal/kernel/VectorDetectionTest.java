package io.github.jmixtral.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.kernel.VectorDetection.Machine;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.Level;

/** The choice between vectors and plain loops on every kind of Java virtual machine. */
@RunsOnce
class VectorDetectionTest {
  private static final String HOTSPOT = "OpenJDK 64-Bit Server VM";
  private static final String VERSION = "25.0.3+9-LTS";
  private static final String MIXED = "mixed mode, sharing";

  /** A HotSpot whose options have their defaults, but for those given as name, value, …. */
  private static Machine hotSpot(int vectorBits, String info, String... flags) {
    return machine(vectorBits, HOTSPOT, VERSION, info, flags);
  }

  private static Machine machine(
      int vectorBits, String name, String version, String info, String... flags) {
    return new Machine(
        vectorBits,
        name,
        version,
        info,
        flag -> {
          for (int i = 0; i < flags.length; i += 2) {
            if (flags[i].equals(flag)) {
              return Optional.of(flags[i + 1]);
            }
          }
          return Optional.ofNullable(
              Map.of("TieredStopAtLevel", "4", "CompilationMode", "default").get(flag));
        });
  }

  private static VectorDetection detect(Machine machine) {
    return VectorDetection.of(machine, Optional.empty());
  }

  private static void assertPlainLoops(Machine machine, String remedy) {
    VectorDetection choice = detect(machine);
    assertEquals(0, choice.bits());
    assertEquals(Level.WARN, choice.level());
    assertTrue(choice.message().contains(remedy), choice.message());
  }

  @ParameterizedTest
  @CsvSource({"128, 128", "256, 256", "512, 512", "1024, 512", "2048, 512"})
  void whereC2CompilesTheWidestVectorsAreTakenAndNoWarningIsLogged(int widest, int taken) {
    VectorDetection choice = detect(hotSpot(widest, MIXED));
    assertEquals(taken, choice.bits());
    assertEquals(Level.DEBUG, choice.level());
  }

  @Test
  void withoutTheModuleTheWarningNamesItsFlag() {
    assertPlainLoops(hotSpot(0, MIXED), "--add-modules jdk.incubator.vector");
  }

  @Test
  void vectorsOf64BitsAreTooNarrow() {
    assertPlainLoops(hotSpot(64, MIXED), "64 bits");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "3", "0"})
  void belowTheLevelOfC2TheWarningNamesTheOption(String level) {
    assertPlainLoops(
        hotSpot(512, MIXED, "TieredStopAtLevel", level), "-XX:TieredStopAtLevel=" + level);
  }

  @Test
  void theModeOfC1AloneIsFoundByItsName() {
    assertPlainLoops(
        hotSpot(256, "mixed mode, emulated-client, sharing", "CompilationMode", "quick-only"),
        "-XX:CompilationMode=quick-only");
  }

  @Test
  void whereOptionsCannotBeReadHowCodeRunsIsEnough() {
    String info = "mixed mode, emulated-client, sharing";
    Machine machine = new Machine(512, HOTSPOT, VERSION, info, _ -> Optional.empty());
    assertPlainLoops(machine, "-XX:TieredStopAtLevel=1");
    assertEquals(
        512, detect(new Machine(512, HOTSPOT, VERSION, MIXED, _ -> Optional.empty())).bits());
  }

  @Test
  void interpretedCodeHasNoVectors() {
    assertPlainLoops(hotSpot(512, "interpreted mode, sharing"), "-Xint");
  }

  @Test
  void anotherVirtualMachineIsNamed() {
    Machine machine =
        new Machine(512, "Eclipse OpenJ9 VM", "openj9-0.57.0", "JRE 25", _ -> Optional.empty());
    assertPlainLoops(machine, "'Eclipse OpenJ9 VM' is not HotSpot");
  }

  @Test
  void anotherCompilerInThePlaceOfC2IsFoundByOptionOrVersion() {
    assertPlainLoops(hotSpot(512, MIXED, "UseJVMCICompiler", "true"), "-XX:-UseJVMCICompiler");
    String version = "25+37-jvmci-b01";
    assertPlainLoops(machine(512, HOTSPOT, version, MIXED), "-XX:-UseJVMCICompiler");
    assertEquals(
        512, detect(machine(512, HOTSPOT, version, MIXED, "UseJVMCICompiler", "false")).bits());
  }

  @ParameterizedTest
  @CsvSource({"off, 0", "128, 128", "256, 256", "512, 512"})
  void thePropertyOverridesWhateverIsFound(String property, int bits) {
    Machine c1 = hotSpot(512, MIXED, "TieredStopAtLevel", "1");
    VectorDetection choice = VectorDetection.of(c1, Optional.of(property));
    assertEquals(bits, choice.bits());
    assertEquals(Level.INFO, choice.level());
    assertTrue(choice.message().contains("-Djmixtral.vectors"), choice.message());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "on", "64", "1024", "OFF", "512 "})
  void anotherValueOfThePropertyIsRefused(String property) {
    assertEquals(
        "-Djmixtral.vectors: expected off, 128, 256 or 512, found '" + property + "'",
        refusal(hotSpot(512, MIXED), property));
  }

  @Test
  void vectorsThatTheMachineLacksAreRefused() {
    assertEquals(
        "-Djmixtral.vectors=512: the vectors of this machine have 256 bits at most",
        refusal(hotSpot(256, MIXED), "512"));
    assertEquals(
        "-Djmixtral.vectors=128 needs the module jdk.incubator.vector: start Java with"
            + " --add-modules jdk.incubator.vector",
        refusal(hotSpot(0, MIXED), "128"));
  }

  private static String refusal(Machine machine, String property) {
    return assertThrows(
            IllegalArgumentException.class,
            () -> VectorDetection.of(machine, Optional.of(property)))
        .getMessage();
  }
}
