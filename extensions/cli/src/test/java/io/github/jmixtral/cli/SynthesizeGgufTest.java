package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.jmixtral.cli.synthesis.GgufMixture;
import io.github.jmixtral.internal.format.GgufBlocks;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufTensor;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SynthesizeGgufTest {
  @TempDir private Path folder;

  /** A tensor as the file describes it: dimensions innermost first. */
  private record Tensor(List<Long> dimensions, int type, long offset) {}

  /** What a reader that knows nothing of the writer finds in a file. */
  private static final class Gguf {
    private final ByteBuffer bytes;
    private final Map<String, Object> metadata = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final int dataStart;

    Gguf(Path file) throws IOException {
      bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(0x46554747, bytes.getInt(), "GGUF");
      assertEquals(3, bytes.getInt());
      long tensorCount = bytes.getLong();
      long valueCount = bytes.getLong();
      for (long i = 0; i < valueCount; i++) {
        metadata.put(text(), value(bytes.getInt()));
      }
      for (long i = 0; i < tensorCount; i++) {
        String name = text();
        Long[] dimensions = new Long[bytes.getInt()];
        for (int d = 0; d < dimensions.length; d++) {
          dimensions[d] = bytes.getLong();
        }
        tensors.put(name, new Tensor(List.of(dimensions), bytes.getInt(), bytes.getLong()));
      }
      dataStart = (bytes.position() + 31) / 32 * 32;
    }

    private String text() {
      byte[] utf8 = new byte[Math.toIntExact(bytes.getLong())];
      bytes.get(utf8);
      return new String(utf8, StandardCharsets.UTF_8);
    }

    private Object value(int type) {
      return switch (type) {
        case 4, 5 -> bytes.getInt();
        case 6 -> bytes.getFloat();
        case 7 -> bytes.get() == 1;
        case 8 -> text();
        case 9 -> {
          int elementType = bytes.getInt();
          long count = bytes.getLong();
          yield Stream.generate(() -> value(elementType)).limit(count).toList();
        }
        default -> throw new AssertionError("type " + type);
      };
    }

    private int at(Tensor tensor) {
      return Math.toIntExact(dataStart + tensor.offset());
    }
  }

  @Test
  void aReaderOfItsOwnFindsTheShapeTheWordsAndEveryTensor() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    synthesize(file, "--tokenizer", Fixtures.folder("tokenizer").toString());
    Gguf gguf = new Gguf(file);
    assertEquals("llama", gguf.metadata.get("general.architecture"));
    assertEquals(2, gguf.metadata.get("llama.block_count"));
    assertEquals(128, gguf.metadata.get("llama.embedding_length"));
    assertEquals(256, gguf.metadata.get("llama.feed_forward_length"));
    assertEquals(8, gguf.metadata.get("llama.expert_count"));
    assertEquals(2, gguf.metadata.get("llama.expert_used_count"));
    assertEquals(1e6f, gguf.metadata.get("llama.rope.freq_base"));
    assertEquals("llama", gguf.metadata.get("tokenizer.ggml.model"));
    List<?> words = (List<?>) gguf.metadata.get("tokenizer.ggml.tokens");
    assertEquals(32000, words.size());
    assertEquals(List.of("<unk>", "<s>", "</s>", "<0x00>"), words.subList(0, 4));
    List<?> types = (List<?>) gguf.metadata.get("tokenizer.ggml.token_type");
    assertEquals(List.of(2, 3, 3, 6), types.subList(0, 4));
    assertEquals(32000, ((List<?>) gguf.metadata.get("tokenizer.ggml.scores")).size());
    assertEquals(1, gguf.metadata.get("tokenizer.ggml.bos_token_id"));

    assertEquals(3 + 2 * 10, gguf.tensors.size());
    assertEquals(List.of(128L, 32000L), gguf.tensors.get("token_embd.weight").dimensions());
    assertEquals(
        List.of(128L, 256L, 8L), gguf.tensors.get("blk.1.ffn_gate_exps.weight").dimensions());
    assertEquals(
        List.of(256L, 128L, 8L), gguf.tensors.get("blk.1.ffn_down_exps.weight").dimensions());
    assertEquals(0, gguf.tensors.get("blk.0.ffn_gate_inp.weight").type());
    assertEquals(2, gguf.tensors.get("blk.0.ffn_up_exps.weight").type());
  }

  @Test
  void tensorsFollowEachOtherAlignedUpToTheEndOfTheFile() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    synthesize(file);
    Gguf gguf = new Gguf(file);
    assertEquals("no_vocab", gguf.metadata.get("tokenizer.ggml.model"));
    long expected = 0;
    for (Tensor tensor : gguf.tensors.values()) {
      assertEquals(expected, tensor.offset());
      long elements = tensor.dimensions().stream().reduce(1L, (a, b) -> a * b);
      long size = tensor.type() == 0 ? elements * 4 : elements / 32 * 18;
      expected += (size + 31) / 32 * 32;
    }
    assertEquals(gguf.dataStart + expected, Files.size(file));
  }

  @Test
  void weightsHaveMeanZeroAndTheDeviationOfAFreshModel() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    synthesize(file);
    Gguf gguf = new Gguf(file);
    Tensor output = gguf.tensors.get("output.weight");
    double sum = 0;
    double squares = 0;
    int blocks = 32000 * 128 / 32;
    for (int block = 0; block < blocks; block++) {
      int at = gguf.at(output) + block * 18;
      float scale = Float.float16ToFloat(gguf.bytes.getShort(at));
      for (int i = 0; i < 16; i++) {
        int two = gguf.bytes.get(at + 2 + i) & 0xff;
        for (int q : new int[] {(two & 15) - 8, (two >> 4) - 8}) {
          sum += scale * q;
          squares += (double) scale * q * scale * q;
        }
      }
    }
    int count = blocks * 32;
    assertEquals(0, sum / count, 1e-4);
    assertEquals(0.02, Math.sqrt(squares / count), 0.002);
    Tensor norm = gguf.tensors.get("output_norm.weight");
    for (int i = 0; i < 128; i++) {
      assertEquals(1f, gguf.bytes.getFloat(gguf.at(norm) + 4 * i));
    }
  }

  @Test
  void theSameSeedGivesTheSameFile() throws IOException {
    synthesize(folder.resolve("a.gguf"));
    synthesize(folder.resolve("b.gguf"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("a.gguf")), Files.readAllBytes(folder.resolve("b.gguf")));
  }

  @ParameterizedTest
  @EnumSource(GgufMixture.class)
  void everyMixtureHasWeightsOfMeanZeroAndTheDeviationOfAFreshModel(GgufMixture mixture) {
    Path file = folder.resolve("tiny.gguf");
    synthesize(file, "--type", mixture.label());
    try (Arena arena = Arena.ofConfined()) {
      for (GgufTensor tensor : GgufFile.open(file, arena).tensors().values()) {
        if (tensor.shape().size() > 1) {
          int count = Math.toIntExact(tensor.shape().stream().reduce(1L, (a, b) -> a * b));
          float[] weights = new float[count];
          GgufBlocks.unpack(tensor.type(), tensor.data(), 0, count, weights, 0);
          double sum = 0;
          double squares = 0;
          for (float weight : weights) {
            sum += weight;
            squares += weight * weight;
          }
          String place = tensor.name() + " " + tensor.type();
          assertEquals(0, sum / count, 0.0025, place);
          assertEquals(0.02, Math.sqrt(squares / count), 0.002, place);
        }
      }
    }
    CommandRun.of("inspect", "--model", file.toString()).assertGood();
  }

  /** Numbers of the types in the file, of which ggml's header has the names. */
  @ParameterizedTest
  @CsvSource({
    // mixture, file type, ffn_down of layers 0 and 1, attn_output, attn_q, token_embd
    "q4_k_m, 15, 14, 12, 7, 6, 6",
    "q3_k_m, 12, 12, 12, 7, 2, 2",
    "q3_k_s, 11, 11, 11, 7, 2, 2",
    "q2_k, 10, 11, 11, 7, 2, 2",
    "q5_k_m, 17, 14, 13, 7, 7, 7",
    "q6_k, 18, 14, 14, 8, 8, 8",
    "q5_1, 9, 7, 7, 7, 7, 7"
  })
  void aMixtureHasTheTypesThatLlamaCppGivesEightExperts(
      String mixture, int fileType, int first, int second, int output, int query, int embedding)
      throws IOException {
    Path file = folder.resolve("tiny.gguf");
    CommandRun.of(
            "synthesize", file.toString(), "--shape", "tiny", "--layers", "8", "--type", mixture)
        .assertGood();
    Gguf gguf = new Gguf(file);
    assertEquals(fileType, gguf.metadata.get("general.file_type"));
    assertEquals(first, gguf.tensors.get("blk.0.ffn_down_exps.weight").type());
    assertEquals(second, gguf.tensors.get("blk.1.ffn_down_exps.weight").type());
    // A row of 128 columns has no block of 256, so the others have the types in their places.
    assertEquals(output, gguf.tensors.get("blk.0.attn_output.weight").type());
    assertEquals(query, gguf.tensors.get("blk.0.attn_q.weight").type());
    assertEquals(embedding, gguf.tensors.get("token_embd.weight").type());
    assertEquals(mixture.equals("q5_1") ? 7 : 8, gguf.tensors.get("blk.0.attn_v.weight").type());
    assertEquals(mixture.equals("q5_1") ? 7 : 8, gguf.tensors.get("output.weight").type());
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    String out = folder.resolve("out.gguf").toString();
    CommandRun.of("synthesize", out, "--layers", "1", "--to", "gguf", "--recipe", "q8")
        .assertWrongUsage("--recipe", "q4-all", "q8");
    CommandRun.of("synthesize", out, "--layers", "1", "--type", "q7")
        .assertWrongUsage("--type", "q4_k_m", "q7");
    CommandRun.of("synthesize", out, "--layers", "1", "--type", "q6_k", "--recipe", "q4-all")
        .assertWrongUsage("--type", "nothing beside --recipe", "q6_k");
    CommandRun.of("synthesize", folder.resolve("out").toString(), "--layers", "1", "--type", "q6_k")
        .assertWrongUsage("--type", "nothing unless a GGUF file is written", "q6_k");
    CommandRun.of("synthesize", out, "--layers", "1", "--to", "onnx")
        .assertWrongUsage("--to", "hub, raw or gguf", "onnx");
    CommandRun.of("synthesize", out, "--layers", "1", "--to", "raw")
        .assertWrongUsage("OUT: with --to raw the name must not end with .gguf", "out.gguf");
    CommandRun.of(
            "synthesize",
            Files.createFile(folder.resolve("there.gguf")).toString(),
            "--layers",
            "1",
            "--to",
            "gguf")
        .assertBadInput("there.gguf", "the file exists already");
    assertFalse(Files.exists(folder.resolve("out.gguf")));
  }

  private static void synthesize(Path file, String... more) {
    String[] arguments =
        Stream.concat(
                Stream.of("synthesize", file.toString()),
                Stream.concat(
                    Stream.of("--shape", "tiny", "--layers", "2", "--json"), Stream.of(more)))
            .toArray(String[]::new);
    CommandRun.of(arguments).assertGood();
  }
}
