package io.github.jmixtral.internal.network;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.conversion.CheckpointConverter;
import io.github.jmixtral.conversion.ConversionTarget;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.mutation.EncodedSeeds;
import io.github.jmixtral.testkit.mutation.Mutant;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.SafetensorsSeed;
import io.github.jmixtral.testkit.mutation.Seed;
import io.github.jmixtral.testkit.mutation.SentencePieceSeed;
import io.github.jmixtral.testkit.mutation.SmallModel;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of whole models, which compute when they can be opened; see {@link MutantRun}. */
@RunsOnce
class MutatedModelsTest {
  private static final SmallModel MODEL = new SmallModel(16, 2);
  private static final LoadOptions OPTIONS =
      LoadOptions.defaults().withThreads(1).withChunkTokens(4);
  private static final int[] IDS = {1, 3, 0};

  @TempDir Path folder;
  @TempDir Path source;

  private static Stream<MutatedReader> folders() {
    return Stream.concat(Stream.of(hub(), raw()), encoded());
  }

  @ParameterizedTest
  @MethodSource("folders")
  void mutantsOfFoldersComputeOrAreRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }

  @Test
  void mutantsOfGgufFilesComputeOrAreRefused() throws IOException {
    MutatedReader reader =
        new MutatedReader("gguf-model", mutant -> compute(mutant, "x.gguf"))
            .mutating("x.gguf", gguf("q8_0"), gguf("f16"));
    MutantRun.of(reader, folder);
  }

  @Test
  void mutantsOfGgufFilesTokenizeOrAreRefused() throws IOException {
    MutatedReader reader =
        new MutatedReader(
                "gguf-tokenizer",
                mutant -> {
                  Tokenizer tokenizer = Tokenizer.fromPretrained(mutant.folder().resolve("x.gguf"));
                  tokenizer.decode(tokenizer.encode("a ab <s>", true), false);
                  mutant.opened();
                })
            .mutating("x.gguf", gguf("f16"));
    MutantRun.of(reader, folder);
  }

  @Test
  void mutantsOfSavedCachesAreContinuedOrRefused() throws IOException {
    write(source, MODEL);
    Path file = source.resolve("cache.safetensors");
    try (LanguageModel model = LanguageModel.fromPretrained(source, OPTIONS)) {
      try (BlockCache cache = model.newCache()) {
        append(model, cache);
        model.saveCache(new SavedCache(cache, new int[] {1, 3, 0, 2}, ""), file);
      }
      MutatedReader reader =
          new MutatedReader(
                  "cache",
                  mutant -> {
                    SavedCache saved =
                        model.openCache(mutant.folder().resolve("cache.safetensors"));
                    try (BlockCache cache = saved.cache()) {
                      append(model, cache);
                      mutant.opened();
                    }
                  })
              .mutating("cache.safetensors", SafetensorsSeed.of(Files.readAllBytes(file)));
      MutantRun.of(reader, folder);
    }
  }

  private static MutatedReader hub() {
    return new MutatedReader("hub-folder", mutant -> compute(mutant, ""))
        .mutating("config.json", Seed.of(MODEL.config()))
        .mutating("model.safetensors", MODEL.weights().seed());
  }

  private static MutatedReader raw() {
    return new MutatedReader("raw-folder", mutant -> compute(mutant, ""))
        .mutating("params.json", Seed.of(MODEL.params()))
        .mutating("consolidated.safetensors", MODEL.rawWeights().seed());
  }

  private static Stream<MutatedReader> encoded() {
    return EncodedSeeds.all().entrySet().stream()
        .map(
            entry ->
                new MutatedReader(entry.getKey(), mutant -> compute(mutant, ""))
                    .mutating("config.json", entry.getValue().config())
                    .mutating("model.safetensors", entry.getValue().weights()));
  }

  /** Opens a model as it is stored and as it computes, and reads and computes. */
  private static void compute(Mutant mutant, String file) {
    Path path = mutant.folder().resolve(file);
    try (Checkpoint stored = Checkpoint.openAsStored(CheckpointLayout.of(path), OPTIONS)) {
      for (WeightMatrix matrix : stored.weights().matrices()) {
        float[] row = new float[matrix.cols()];
        for (int i = 0; i < matrix.rows(); i++) {
          WeightRows.read(Kernels.detected().matrix(), matrix, i, row, 0);
        }
      }
    }
    try (LanguageModel model = LanguageModel.fromPretrained(path, OPTIONS);
        BlockCache cache = model.newCache()) {
      append(model, cache);
      mutant.opened();
    }
  }

  private static void append(LanguageModel model, BlockCache cache) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(cache, IDS, 0, IDS.length, logits));
  }

  private static void write(Path folder, SmallModel model) throws IOException {
    Files.writeString(folder.resolve("config.json"), model.config());
    Files.write(folder.resolve("model.safetensors"), model.weights().seed().file());
  }

  /** A model with its tokenizer, converted. */
  private Seed gguf(String type) throws IOException {
    Path hub = Files.createDirectories(source.resolve("hub"));
    write(hub, new SmallModel(32, 2));
    Files.write(
        hub.resolve("tokenizer.model"), SentencePieceSeed.of("<unk>", "<s>", "</s>", "a").file());
    Path target = source.resolve(type + ".gguf");
    new CheckpointConverter(hub, ConversionTarget.gguf(type)).withThreads(1).write(target, _ -> {});
    return Seed.of(Files.readAllBytes(target));
  }
}
