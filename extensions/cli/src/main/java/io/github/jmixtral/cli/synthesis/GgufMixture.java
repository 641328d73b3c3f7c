package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.internal.checkpoint.GgufNames;
import io.github.jmixtral.internal.format.GgufType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which type each tensor of a GGUF file has. The K-quants are mixtures: llama.cpp gives a model of
 * eight experts more bits where they matter most, in its values and keys, in the outputs of
 * attention and experts, and in the head. The others have one type throughout, as with its option
 * {@code --pure}.
 *
 * @see <a
 *     href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp">llama_tensor_get_type_impl</a>
 */
public enum GgufMixture {
  Q4_0(2, GgufType.Q4_0),
  Q4_1(3, GgufType.Q4_1),
  Q5_0(8, GgufType.Q5_0),
  Q5_1(9, GgufType.Q5_1),
  Q8_0(7, GgufType.Q8_0),
  Q2_K(10, GgufType.Q2_K),
  Q3_K_S(11, GgufType.Q3_K),
  Q3_K_M(12, GgufType.Q3_K),
  Q3_K_L(13, GgufType.Q3_K),
  Q4_K_S(14, GgufType.Q4_K),
  Q4_K_M(15, GgufType.Q4_K),
  Q5_K_S(16, GgufType.Q5_K),
  Q5_K_M(17, GgufType.Q5_K),
  Q6_K(18, GgufType.Q6_K);

  private final int fileType;
  private final GgufType most;

  GgufMixture(int fileType, GgufType most) {
    this.fileType = fileType;
    this.most = most;
  }

  /** The mixture's name where people write it: {@code q4_k_m}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All names. */
  public static List<String> labels() {
    return Stream.of(values()).map(GgufMixture::label).toList();
  }

  /** The mixture of that name, if there is one. */
  public static Optional<GgufMixture> of(String label) {
    return Stream.of(values()).filter(mixture -> mixture.label().equals(label)).findFirst();
  }

  /** llama.cpp's number for files of this mixture. */
  int fileType() {
    return fileType;
  }

  /**
   * The type of a matrix.
   *
   * @param tensor its name, one of {@link GgufNames}, without that of its layer
   * @param layer number of its layer, of {@code layers}
   * @param cols its columns, a multiple of 32
   */
  GgufType typeOf(String tensor, int layer, int layers, long cols) {
    GgufType type = most.blockElements() == 32 ? most : mixed(tensor, layer, layers);
    return cols % type.blockElements() == 0 ? type : withBlocksOf32(type);
  }

  private GgufType mixed(String tensor, int layer, int layers) {
    return switch (tensor) {
      case GgufNames.HEAD -> GgufType.Q6_K;
      case GgufNames.KEY, GgufNames.VALUE -> GgufType.Q8_0;
      case GgufNames.OUTPUT ->
          switch (this) {
            case Q2_K, Q3_K_S, Q3_K_M, Q4_K_S, Q4_K_M -> GgufType.Q5_K;
            default -> most;
          };
      default -> tensor.startsWith(GgufNames.DOWN) ? ofDown(layer, layers) : most;
    };
  }

  private GgufType ofDown(int layer, int layers) {
    boolean early = layer < layers / 8;
    boolean more = early || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    return switch (this) {
      case Q2_K -> GgufType.Q3_K;
      case Q3_K_M -> layer < layers / 16 ? GgufType.Q5_K : GgufType.Q4_K;
      case Q3_K_L -> GgufType.Q5_K;
      case Q4_K_S -> early ? GgufType.Q5_K : most;
      case Q4_K_M, Q5_K_M -> more ? GgufType.Q6_K : most;
      default -> most;
    };
  }

  /** What takes the place of a type whose blocks do not fit a row. */
  private static GgufType withBlocksOf32(GgufType type) {
    return switch (type) {
      case Q2_K, Q3_K -> GgufType.Q4_0;
      case Q4_K -> GgufType.Q5_0;
      case Q5_K -> GgufType.Q5_1;
      case Q6_K -> GgufType.Q8_0;
      default -> type;
    };
  }
}
