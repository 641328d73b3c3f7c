package io.github.jmixtral.spring.boot;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;

/**
 * What keeps this Java from computing with vector instructions, and how to mend it wherever
 * applications of Spring Boot are started.
 *
 * @param cause a sentence
 * @param remedy lines
 */
record SlowRuntime(String cause, String remedy) {
  private static final String MODULE = "jdk.incubator.vector";

  private static final String LEVEL = "-XX:TieredStopAtLevel=";

  /** Where HotSpot's levels of compilation end: C2. */
  private static final int C2_LEVEL = 4;

  /** Of this process; empty where nothing is wrong that the start of Java could mend. */
  static Optional<SlowRuntime> current() {
    return of(
        ModuleLayer.boot().findModule(MODULE).isPresent(),
        ManagementFactory.getRuntimeMXBean().getInputArguments());
  }

  /**
   * Of a process.
   *
   * @param hasModule whether the module of the Vector API is there
   * @param arguments of the virtual machine
   */
  static Optional<SlowRuntime> of(boolean hasModule, List<String> arguments) {
    if (!hasModule) {
      return Optional.of(
          new SlowRuntime(
              "Java was started without the module jdk.incubator.vector, so that the model computes"
                  + " many times slower than it could.",
              """
              Start Java with --add-modules jdk.incubator.vector:
                java -jar         java --add-modules jdk.incubator.vector -jar app.jar
                Maven             in the configuration of spring-boot-maven-plugin:
                                  <jvmArguments>--add-modules jdk.incubator.vector</jvmArguments>
                                  <optimizedLaunch>false</optimizedLaunch>
                                  and for tests in that of maven-surefire-plugin:
                                  <argLine>--add-modules jdk.incubator.vector</argLine>
                Gradle            tasks.named('bootRun') { jvmArgs '--add-modules', 'jdk.incubator.vector'; optimizedLaunch = false }
                                  tasks.named('test') { jvmArgs '--add-modules', 'jdk.incubator.vector' }
                Docker            ENV JDK_JAVA_OPTIONS="--add-modules jdk.incubator.vector"
                buildpacks        in the configuration of spring-boot-maven-plugin, <image><env>:
                                  <BPE_DELIM_JAVA_TOOL_OPTIONS xml:space="preserve"> </BPE_DELIM_JAVA_TOOL_OPTIONS>
                                  <BPE_APPEND_JAVA_TOOL_OPTIONS>--add-modules=jdk.incubator.vector</BPE_APPEND_JAVA_TOOL_OPTIONS>
                IntelliJ IDEA     Run > Edit Configurations > Modify options > Add VM options: --add-modules jdk.incubator.vector
                                  and > Disable launch optimization
                Eclipse           Run Configurations > Arguments > VM arguments: --add-modules jdk.incubator.vector
                VS Code           in launch.json: "vmArgs": "--add-modules jdk.incubator.vector\"\
              """));
    }
    return arguments.stream()
        .filter(argument -> argument.startsWith(LEVEL))
        .reduce((_, last) -> last)
        .filter(argument -> level(argument) < C2_LEVEL)
        .map(
            argument ->
                new SlowRuntime(
                    "Java was started with %s, which switches its optimising compiler off, so that the model computes many times slower than it could."
                        .formatted(argument),
                    """
                    Start Java without it; plugins and editors add it in development unless they are set up otherwise:
                      Maven             in the configuration of spring-boot-maven-plugin:
                                        <optimizedLaunch>false</optimizedLaunch>
                      Gradle            tasks.named('bootRun') { optimizedLaunch = false }
                      IntelliJ IDEA     Run > Edit Configurations > Modify options > Disable launch optimization\
                    """));
  }

  private static int level(String argument) {
    try {
      return Integer.parseInt(argument.substring(LEVEL.length()));
    } catch (NumberFormatException _) {
      return C2_LEVEL;
    }
  }
}
