package io.github.jmixtral.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.mutation.Mutant;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mutants of what a hub answers; see {@link MutantRun}. */
@RunsOnce
class MutatedAnswersTest {
  private static final URI ADDRESS = URI.create("http://localhost/api/models/org/tiny");

  @TempDir Path folder;

  @Test
  void mutantsAreReadOrRefused() {
    MutatedReader reader =
        new MutatedReader("hub-listing", this::list)
            .mutating(
                "",
                Seed.of(
                    """
                    {"id": "org/tiny", "sha": "00112233445566778899aabbccddeeff00112233",
                     "siblings": [{"rfilename": "config.json", "size": 638},
                      {"rfilename": "a/b.safetensors", "size": 4892809584, "blobId": "f",
                       "lfs": {"sha256": "0f", "size": 4892809584, "pointerSize": 135}},
                      {"rfilename": "README.md"}], "tags": ["mixtral"], "private": false}
                    """));
    MutantRun.of(reader, folder);
  }

  private void list(Mutant mutant) {
    byte[] answer = mutant.text().getBytes(StandardCharsets.UTF_8);
    HubEndpoint.toListing(ADDRESS, JsonFile.parse("answer", answer))
        .files()
        .forEach(file -> assertNotNull(folder.resolve(file.name())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/a", "a/", "a//b", "a/../b", ".", "a\\b", "c:a", "a\nb", "\ud800"})
  void namesThatLeadElsewhereAreRefused(String name) {
    assertThrows(MalformedFileException.class, () -> new RemoteFile(name, OptionalLong.empty()));
  }

  @Test
  void namesOfManyPartsAreRead() {
    String name = "a" + "/a".repeat(50_000);
    assertEquals(name, new RemoteFile(name, OptionalLong.empty()).name());
  }
}
