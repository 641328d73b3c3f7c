package io.github.jmixtral.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

/** What an application prints that does not start. */
@ExtendWith(OutputCaptureExtension.class)
class FailureAnalysisTest {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {}

  private static void start(String... arguments) {
    SpringApplication application = new SpringApplication(Application.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    try {
      application.run(arguments).close();
      throw new AssertionError("started");
    } catch (RuntimeException expected) {
      assertThat(expected).isNotNull();
    }
  }

  @Test
  void anApplicationWithoutAModelSaysHowToNameOne(CapturedOutput output) {
    start();
    assertThat(output)
        .contains("APPLICATION FAILED TO START")
        .contains("The property spring.ai.jmixtral.model is not set")
        .contains("Set spring.ai.jmixtral.model to a folder")
        .doesNotContain("\tat org.springframework");
  }

  @Test
  void aModelThatIsNotThereIsNamed(CapturedOutput output) {
    start("--spring.ai.jmixtral.model=no/such-model");
    assertThat(output)
        .contains("APPLICATION FAILED TO START")
        .contains("no/such-model")
        .contains("jmixtral download")
        .doesNotContain("\tat org.springframework");
  }

  @Test
  void aFolderWithoutAModelIsNamed(CapturedOutput output, @TempDir Path folder) {
    start("--spring.ai.jmixtral.model=" + folder);
    assertThat(output).contains("APPLICATION FAILED TO START").contains("config.json");
  }

  @Test
  void requiredVectorsThatJavaLacksAreExplained() {
    SlowRuntime slow = SlowRuntime.of(false, List.of()).orElseThrow();
    var analysis =
        new SlowRuntimeFailureAnalyzer()
            .analyze(new IllegalStateException(new SlowRuntimeException(slow)));
    assertThat(analysis.getDescription())
        .isEqualTo(
            "Java was started without the module jdk.incubator.vector, so that the model computes"
                + " many times slower than it could. The property"
                + " spring.ai.jmixtral.require-vectors forbids that.");
    assertThat(analysis.getAction())
        .contains("<jvmArguments>--add-modules jdk.incubator.vector</jvmArguments>")
        .contains("<optimizedLaunch>false</optimizedLaunch>")
        .contains("jvmArgs '--add-modules', 'jdk.incubator.vector'")
        .contains("ENV JDK_JAVA_OPTIONS=\"--add-modules jdk.incubator.vector\"")
        .contains("<BPE_APPEND_JAVA_TOOL_OPTIONS>--add-modules=jdk.incubator.vector<")
        .contains("IntelliJ IDEA", "Eclipse", "VS Code");
  }

  @Test
  void aSwitchedOffCompilerIsExplained() {
    SlowRuntime slow =
        SlowRuntime.of(true, List.of("-Xmx1g", "-XX:TieredStopAtLevel=1")).orElseThrow();
    assertThat(slow.cause()).contains("-XX:TieredStopAtLevel=1", "optimising compiler off");
    assertThat(slow.remedy())
        .contains("<optimizedLaunch>false</optimizedLaunch>", "optimizedLaunch = false");
  }

  @Test
  void nothingIsSaidWhereNothingIsWrong() {
    assertThat(SlowRuntime.of(true, List.of("-Xmx1g"))).isEmpty();
    assertThat(SlowRuntime.of(true, List.of("-XX:TieredStopAtLevel=4"))).isEmpty();
    assertThat(SlowRuntime.of(true, List.of("-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=4")))
        .isEmpty();
    assertThat(SlowRuntime.current()).isEmpty();
  }

  @Test
  void namesOfModelsComeFromTheirPaths() {
    assertThat(name("mistralai/Mixtral-8x7B-Instruct-v0.1"))
        .isEqualTo("mistralai/Mixtral-8x7B-Instruct-v0.1");
    assertThat(name("mistralai/Mixtral-8x7B-Instruct-v0.1@main"))
        .isEqualTo("mistralai/Mixtral-8x7B-Instruct-v0.1");
    assertThat(name("/models/mixtral-q4/")).isEqualTo("mixtral-q4");
    assertThat(name("C:\\models\\mixtral.gguf")).isEqualTo("mixtral.gguf");
    assertThat(name("./mixtral-q4")).isEqualTo("mixtral-q4");
  }

  private static String name(String model) {
    return new JmixtralProperties(model, null, false, false, NOTHING_SET).modelName();
  }

  private static final JmixtralProperties.Load NOTHING_SET =
      new JmixtralProperties.Load(
          null, null, null, null, null, null, null, null, false, null, null, null, null, null);
}
