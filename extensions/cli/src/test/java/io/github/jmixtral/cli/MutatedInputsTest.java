package io.github.jmixtral.cli;

import io.github.jmixtral.testkit.mutation.Mutant;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of the files that commands take; see {@link MutantRun}. */
class MutatedInputsTest {
  @TempDir Path folder;

  private static Stream<MutatedReader> readers() {
    return Stream.of(
        new MutatedReader(
                "ids-file", mutant -> IdLists.read(mutant.folder().resolve("ids.json"), 1000))
            .mutating("ids.json", Seed.of("[[1, 419, 621], [1], [999, 0]]\n")),
        new MutatedReader("json-lines", MutatedInputsTest::readLines)
            .mutating(
                "texts.jsonl",
                Seed.of("{\"text\": \"a \\u00e9\"}\n\n{\"ids\": [1, 2], \"text\": \"b\"}\n")));
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreReadOrRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }

  private static void readLines(Mutant mutant) {
    try (BufferedReader reader = TextInput.open(mutant.folder().resolve("texts.jsonl"))) {
      JsonLines.forEach(
          reader,
          "texts.jsonl",
          (value, place) -> {
            if (value.has("ids")) {
              IdLists.ids(value.get("ids"), place, 1000);
            }
          });
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
