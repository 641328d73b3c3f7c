package io.github.jmixtral.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
}
