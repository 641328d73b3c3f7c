package io.github.jmixtral.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.testkit.ToolCallingModel;
import io.github.jmixtral.tokenizer.ChatFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ToolCallerTest {
  /** Where the build of the samples finds a model that can be offered tools. */
  private static final Path FOLDER = Path.of("target", "tool-caller");

  @Test
  void theModelOfTheSampleCanBeOfferedTools() throws IOException {
    Files.createDirectories(FOLDER);
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    try (var model = MixtralForCausalLM.fromPretrained(ToolCallingModel.write(FOLDER))) {
      assertThat(model.tokenizer().chatFormat()).isEqualTo(ChatFormat.MISTRAL_V3);
    }
  }
}
