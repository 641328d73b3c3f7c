package io.github.jmixtral.internal.kernel;

import java.util.Optional;
import java.util.Set;
import jdk.incubator.vector.VectorShape;
import org.slf4j.event.Level;

/**
 * Whether the kernels of this process run on vectors, and on vectors of how many bits.
 *
 * <p>The Vector API is fast where HotSpot's optimising compiler, C2, turns it into vector
 * instructions. Everywhere else (interpreted, compiled by C1, on another virtual machine) each
 * vector is an object on the heap, and plain loops are 8 to 10 times as fast. So vectors are used
 * only where C2 is known to be at work, as Apache Lucene does. The system property {@value
 * #PROPERTY} overrides that, for tests and to measure what is lost.
 *
 * @param bits width of a vector; 0: plain loops
 * @param level of the message: a warning where something is to be mended
 * @param message one sentence on what was chosen and why
 */
record VectorDetection(int bits, Level level, String message) {

  /** {@code off}, or the width of vectors in bits, fast or not. */
  static final String PROPERTY = "jmixtral.vectors";

  private static final String MODULE = "jdk.incubator.vector";

  /** Narrower vectors have no counterpart of half their width for 16-bit numbers. */
  private static final int NARROWEST_BITS = 128;

  /** A tile of quantised weights is 512 bits wide, and 16 lanes are what a reduction folds. */
  private static final int WIDEST_BITS = 512;

  /** Where HotSpot's levels of compilation end: C2. */
  private static final int C2_LEVEL = 4;

  /**
   * What the choice depends on.
   *
   * @param vectorBits width of the widest vectors; 0 without the module {@value #MODULE}
   * @param name the virtual machine's, {@code java.vm.name}
   * @param version the virtual machine's, {@code java.vm.version}
   * @param info how it runs code, {@code java.vm.info}
   * @param flags the virtual machine's options
   */
  record Machine(int vectorBits, String name, String version, String info, Flags flags) {
    static Machine current() {
      return new Machine(
          hasModule() ? VectorShape.preferredShape().vectorBitSize() : 0,
          System.getProperty("java.vm.name", ""),
          System.getProperty("java.vm.version", ""),
          System.getProperty("java.vm.info", ""),
          HotSpotFlags::read);
    }

    /** Looks into the layer of this module, which need not be the boot layer, and its parents. */
    private static boolean hasModule() {
      ModuleLayer own = VectorDetection.class.getModule().getLayer();
      return (own == null ? ModuleLayer.boot() : own).findModule(MODULE).isPresent();
    }
  }

  /** Reads an option of the virtual machine; empty: there is none of that name that can be read. */
  @FunctionalInterface
  interface Flags {
    Optional<String> read(String name);
  }

  /** The choice of this process, made once. */
  private static final class Current {
    static final Optional<VectorDetection> CHOICE = choose();

    private static Optional<VectorDetection> choose() {
      try {
        return Optional.of(ofThisProcess());
      } catch (IllegalArgumentException wrongProperty) {
        return Optional.empty();
      }
    }
  }

  /**
   * The choice of this process.
   *
   * @throws IllegalArgumentException when the property asks for something that this machine lacks
   */
  static VectorDetection current() {
    // A choice that fails is made again, so that every caller gets the message.
    return Current.CHOICE.orElseGet(VectorDetection::ofThisProcess);
  }

  private static VectorDetection ofThisProcess() {
    return of(Machine.current(), Optional.ofNullable(System.getProperty(PROPERTY)));
  }

  /**
   * Chooses between vectors and plain loops.
   *
   * @param property the value of {@value #PROPERTY}, where it is set
   * @throws IllegalArgumentException when the property asks for something that this machine lacks
   */
  static VectorDetection of(Machine machine, Optional<String> property) {
    if (property.isPresent()) {
      return asked(machine, property.get());
    }
    Optional<String> obstacle = obstacle(machine);
    if (obstacle.isPresent()) {
      return new VectorDetection(
          0,
          Level.WARN,
          "computing with plain loops, many times slower than with vector instructions: "
              + obstacle.get());
    }
    int bits = Math.min(machine.vectorBits, WIDEST_BITS);
    return new VectorDetection(bits, Level.DEBUG, bits + "-bit vectors");
  }

  private static VectorDetection asked(Machine machine, String property) {
    if (property.equals("off")) {
      return new VectorDetection(
          0, Level.INFO, "computing with plain loops because of -D" + PROPERTY + "=off");
    }
    if (!Set.of("128", "256", "512").contains(property)) {
      throw new IllegalArgumentException(
          "-D%s: expected off, 128, 256 or 512, found '%s'".formatted(PROPERTY, property));
    }
    int bits = Integer.parseInt(property);
    if (machine.vectorBits == 0) {
      throw new IllegalArgumentException(
          "-D%s=%d needs the module %s: start Java with --add-modules %s"
              .formatted(PROPERTY, bits, MODULE, MODULE));
    }
    if (machine.vectorBits < bits) {
      throw new IllegalArgumentException(
          "-D%s=%d: the vectors of this machine have %d bits at most"
              .formatted(PROPERTY, bits, machine.vectorBits));
    }
    return new VectorDetection(
        bits, Level.INFO, "%d-bit vectors, as -D%s asks".formatted(bits, PROPERTY));
  }

  /** What keeps vectors from being fast, and how to mend it. */
  private static Optional<String> obstacle(Machine machine) {
    if (machine.vectorBits == 0) {
      return Optional.of(
          "the module %s is missing; start Java with --add-modules %s".formatted(MODULE, MODULE));
    }
    if (!isHotSpot(machine)) {
      return Optional.of(
          "'%s' is not HotSpot, whose compiler C2 they need; use another build of OpenJDK"
              .formatted(machine.name));
    }
    if (isJvmci(machine)) {
      return Optional.of(
          "another compiler stands in for C2; start Java with -XX:-UseJVMCICompiler");
    }
    if (machine.info.contains("interpreted")) {
      return Optional.of("Java compiles nothing; start it without -Xint");
    }
    Optional<String> withoutC2 = flagWithoutC2(machine);
    if (withoutC2.isPresent()) {
      return Optional.of(
          ("Java's optimising compiler C2 is switched off; start Java without %s (Spring Boot's run"
                  + " tasks set it unless optimizedLaunch is false, Quarkus's development mode"
                  + " does, too)")
              .formatted(withoutC2.get()));
    }
    if (machine.vectorBits < NARROWEST_BITS) {
      return Optional.of(
          "the vectors of this machine have %d bits, fewer than %d"
              .formatted(machine.vectorBits, NARROWEST_BITS));
    }
    return Optional.empty();
  }

  /** A HotSpot's own option, or its name where the runtime cannot read options. */
  private static boolean isHotSpot(Machine machine) {
    return machine.flags.read("TieredStopAtLevel").isPresent()
        || machine.name.startsWith("OpenJDK 64-Bit Server")
        || machine.name.startsWith("Java HotSpot(TM) 64-Bit Server");
  }

  /** Builds with a compiler of their own say so in their version; the option may be hidden. */
  private static boolean isJvmci(Machine machine) {
    return machine
        .flags
        .read("UseJVMCICompiler")
        .map(Boolean::parseBoolean)
        .orElse(machine.version.contains("jvmci"));
  }

  /** The option that keeps C2 from compiling. */
  private static Optional<String> flagWithoutC2(Machine machine) {
    Optional<String> level = machine.flags.read("TieredStopAtLevel");
    if (level.isPresent() && Integer.parseInt(level.get()) < C2_LEVEL) {
      return Optional.of("-XX:TieredStopAtLevel=" + level.get());
    }
    Optional<String> mode = machine.flags.read("CompilationMode");
    if (mode.isPresent() && mode.get().equals("quick-only")) {
      return Optional.of("-XX:CompilationMode=quick-only");
    }
    boolean emulated = machine.info.contains("emulated-client");
    return emulated ? Optional.of("-XX:TieredStopAtLevel=1 or its like") : Optional.empty();
  }
}
