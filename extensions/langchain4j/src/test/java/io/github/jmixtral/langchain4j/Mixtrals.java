package io.github.jmixtral.langchain4j;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.testkit.ToolCallingModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The models of tests, closed by those who open them. */
final class Mixtrals {
  private Mixtrals() {}

  /** A model that can call tools; its file is gone already. */
  static MixtralForCausalLM withTools() {
    try {
      Path folder = Files.createTempDirectory("jmixtral");
      MixtralForCausalLM model = MixtralForCausalLM.fromPretrained(ToolCallingModel.write(folder));
      try (Stream<Path> files = Files.walk(folder)) {
        List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        for (Path file : deepestFirst) {
          Files.delete(file);
        }
      }
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
