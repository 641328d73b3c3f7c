package io.github.jmixtral.internal.format;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.mutation.Mutant;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.SafetensorsSeed;
import io.github.jmixtral.testkit.mutation.Seed;
import io.github.jmixtral.testkit.mutation.SentencePieceSeed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of the binary formats; see {@link MutantRun}. */
@RunsOnce
class MutatedFormatsTest {
  @TempDir Path folder;

  private static Stream<MutatedReader> readers() {
    return Stream.of(
        safetensors(), shards(), torchArchive(), ggufHeader(), ggufBlocks(), sentencePiece());
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreReadOrRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }

  private static MutatedReader safetensors() {
    SafetensorsSeed small =
        new SafetensorsSeed()
            .metadata("{\"format\":\"pt\"}")
            .put("a", "F32", 4, 2, 3)
            .put("b", "U8", 1, 0)
            .put("c.weight", "BF16", 2, 4)
            .put("d", "I64", 8);
    return new MutatedReader("safetensors", MutatedFormatsTest::openSafetensors)
        .mutating(
            "x.safetensors", small.seed(), new SafetensorsSeed().put("é", "BOOL", 1, 3).seed());
  }

  private static void openSafetensors(Mutant mutant) {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(mutant.folder().resolve("x.safetensors"), arena);
      file.tensors().values().forEach(tensor -> touch(tensor.data()));
      mutant.opened();
    }
  }

  private static MutatedReader shards() {
    return new MutatedReader("shards", MutatedFormatsTest::openShards)
        .mutating(
            "model.safetensors.index.json",
            Seed.of(
                """
                {"metadata": {"total_size": 32}, "weight_map": {
                  "a": "model-00001-of-00002.safetensors",
                  "b": "model-00002-of-00002.safetensors",
                  "c": "model-00002-of-00002.safetensors"}}
                """))
        .mutating(
            "model-00001-of-00002.safetensors", new SafetensorsSeed().put("a", "F32", 4, 4).seed())
        .mutating(
            "model-00002-of-00002.safetensors",
            new SafetensorsSeed().put("b", "F16", 2, 4).put("c", "F16", 2, 2, 2).seed());
  }

  private static void openShards(Mutant mutant) {
    try (Arena arena = Arena.ofConfined()) {
      TensorFolder.open(mutant.folder(), arena)
          .tensors()
          .values()
          .forEach(tensor -> touch(tensor.data()));
      mutant.opened();
    }
  }

  /** What Python wrote, and the same in an archive with the fields of a large one. */
  private static MutatedReader torchArchive() {
    List<Seed> seeds = new ArrayList<>();
    for (byte[] pickle : pickles()) {
      seeds.add(torchSeed(pickle, false));
    }
    seeds.add(torchSeed(pickles().getFirst(), true));
    return new MutatedReader("torch", MutatedFormatsTest::openTorch)
        .mutating("x.pth", seeds.toArray(Seed[]::new));
  }

  private static Seed torchSeed(byte[] pickle, boolean large) {
    return new Seed(
        List.of(pickle),
        parts -> {
          TorchArchives archive = TorchArchives.of(Seed.joined(parts).file());
          return (large ? archive.large() : archive).bytes();
        });
  }

  private static void openTorch(Mutant mutant) {
    try (Arena arena = Arena.ofConfined()) {
      TorchFile.open(mutant.folder().resolve("x.pth"), arena)
          .values()
          .forEach(tensor -> touch(tensor.data()));
      mutant.opened();
    }
  }

  /** Pickles of tensors, one of each protocol, as Python writes them. */
  private static List<byte[]> pickles() {
    Path file = Fixtures.folder("pickles").resolve("tensors.txt");
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith("a module's state|"))
          .map(line -> Base64.getDecoder().decode(line.split("\\|")[2]))
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static MutatedReader ggufHeader() {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.alignment", GgufValue.unsigned(32));
    metadata.put("texts", new GgufValue.Texts(List.of("a", "", "▁b")));
    metadata.put("nested", new GgufValue.Arrays(List.of(new GgufValue.Reals(new float[] {1, 2}))));
    metadata.put("flags", new GgufValue.Flags(new boolean[] {true, false}));
    metadata.put("wide", new GgufValue.WideReals(new double[] {1, -2}));
    metadata.put("wholes", new GgufValue.Wholes(GgufValue.WholeType.INT16, new long[] {1, -2, 3}));
    return new MutatedReader("gguf", MutatedFormatsTest::openGguf)
        .mutating(
            "x.gguf",
            Seed.of(
                gguf(
                    metadata,
                    List.of(
                        new GgufWriter.Declaration("w", GgufType.Q4_0, List.of(2L, 32L)),
                        new GgufWriter.Declaration("v", GgufType.F32, List.of(5L))))));
  }

  /** A block of every type. */
  private static MutatedReader ggufBlocks() {
    List<GgufWriter.Declaration> tensors =
        Stream.of(GgufType.values())
            .map(
                type ->
                    new GgufWriter.Declaration(
                        "t." + type.name(), type, List.of(1L, (long) type.blockElements())))
            .toList();
    Map<String, GgufValue> metadata = Map.of("general.alignment", GgufValue.unsigned(32));
    return new MutatedReader("gguf-blocks", MutatedFormatsTest::openGguf)
        .mutating("x.gguf", Seed.of(gguf(metadata, tensors)));
  }

  private static void openGguf(Mutant mutant) {
    try (Arena arena = Arena.ofConfined()) {
      GgufFile.open(mutant.folder().resolve("x.gguf"), arena)
          .tensors()
          .values()
          .forEach(MutatedFormatsTest::touch);
      mutant.opened();
    }
  }

  /** Unpacks the rows of a tensor, at most a few of them at a time. */
  private static void touch(GgufTensor tensor) {
    touch(tensor.data());
    long elements = tensor.shape().stream().reduce(1L, Math::multiplyExact);
    float[] some = new float[256];
    for (long first = 0; first < elements; first += some.length) {
      int count = (int) Math.min(some.length, elements - first);
      GgufBlocks.unpack(tensor.type(), tensor.data(), first, count, some, 0);
    }
  }

  private static long touch(MemorySegment data) {
    long sum = 0;
    for (long i = 0; i < data.byteSize(); i++) {
      sum += data.get(ValueLayout.JAVA_BYTE, i);
    }
    return sum;
  }

  private static byte[] gguf(
      Map<String, GgufValue> metadata, List<GgufWriter.Declaration> tensors) {
    try {
      Path file = Files.createTempFile("seed", ".gguf");
      Files.delete(file);
      try (GgufWriter writer = new GgufWriter(file, metadata, tensors)) {
        for (GgufWriter.Declaration tensor : tensors) {
          byte[] data = new byte[Math.toIntExact(tensor.byteSize())];
          for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 29 + 3);
          }
          writer.write(tensor.name(), MemorySegment.ofArray(data));
        }
        writer.finish();
      }
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      return bytes;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static MutatedReader sentencePiece() {
    return new MutatedReader(
            "sentencepiece",
            mutant -> {
              SentencePieceModelFile.read(mutant.folder().resolve("tokenizer.model"));
              mutant.opened();
            })
        .mutating("tokenizer.model", SentencePieceSeed.of("<unk>", "<s>", "</s>", "▁", "a", "b"));
  }
}
