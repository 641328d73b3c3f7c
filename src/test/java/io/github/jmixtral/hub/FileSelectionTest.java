package io.github.jmixtral.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce
class FileSelectionTest {

  @ParameterizedTest
  @CsvSource({
    "model-1.safetensors consolidated.00.pt pytorch_model-1.bin, model-1.safetensors",
    "gptq_model-4bit.safetensors pytorch_model.bin, gptq_model-4bit.safetensors",
    "adapter_model.safetensors pytorch_model-1.bin training_args.bin, pytorch_model-1.bin",
    "consolidated.safetensors pytorch_model.bin, consolidated.safetensors",
    "other/model.safetensors consolidated.00.pt pytorch_model.bin, pytorch_model.bin",
    "consolidated.00.pt tiny.Q4_0.gguf, consolidated.00.pt",
  })
  void aModelThatIsStoredSeveralTimesOverIsTakenOnce(String files, String taken) {
    List<RemoteFile> all =
        Arrays.stream(("config.json README.md " + files).split(" "))
            .map(name -> new RemoteFile(name, OptionalLong.empty()))
            .toList();
    assertEquals(
        List.of("config.json", taken),
        FileSelection.needed().of(all).stream().map(RemoteFile::name).toList());
  }

  @Test
  void ofOtherFoldersTheTemplateForToolsIsTaken() {
    List<RemoteFile> all =
        Stream.of(
                "model.safetensors",
                "additional_chat_templates/tool_use.jinja",
                "additional_chat_templates/rag.jinja")
            .map(name -> new RemoteFile(name, OptionalLong.empty()))
            .toList();
    assertEquals(all.subList(0, 2), FileSelection.needed().of(all));
  }

  @ParameterizedTest
  @CsvSource({
    "*Q8_0*, true",
    "*.gguf, true",
    "Mixtral-Q8_0/, true",
    "Mixtral-Q8_0/*, true",
    "[M]ixtral*/*, true",
    "[!A-L]*, true",
    "Mixtral?Q8_0/m-Q8_0.gguf, true",
    "'{a,*Q8_0*}/*', false",
    "m-Q8_0.gguf, false",
    "MIXTRAL*, false",
    "[!M]*, false",
    "'', false",
  })
  void aPatternMeansWhatItMeansToTheHubsOwnTools(String pattern, boolean matches) {
    List<RemoteFile> all =
        List.of(new RemoteFile("Mixtral-Q8_0/m-Q8_0.gguf", OptionalLong.empty()));
    assertEquals(matches ? all : List.of(), FileSelection.matching(List.of(pattern)).of(all));
  }
}
