package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.config.MixtralConfig;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The shapes that can be synthesised. */
public enum SyntheticShape {
  /** Mixtral 8x7B. */
  MIXTRAL_8X7B("8x7b", 4096, 14336, 32, 8, 32768),

  /** Mixtral 8x22B. */
  MIXTRAL_8X22B("8x22b", 6144, 16384, 48, 8, 65536),

  /** Written and run in a moment, with the words of the large ones. */
  TINY("tiny", 128, 256, 4, 2, 4096);

  private static final int WORDS = 32000;

  private final String label;
  private final int hidden;
  private final int intermediate;
  private final int heads;
  private final int keyValueHeads;
  private final int positions;

  SyntheticShape(
      String label, int hidden, int intermediate, int heads, int keyValueHeads, int positions) {
    this.label = label;
    this.hidden = hidden;
    this.intermediate = intermediate;
    this.heads = heads;
    this.keyValueHeads = keyValueHeads;
    this.positions = positions;
  }

  /** The shape of a name, if there is one. */
  public static Optional<SyntheticShape> of(String label) {
    return Stream.of(values()).filter(shape -> shape.label.equalsIgnoreCase(label)).findFirst();
  }

  /** The configuration with this number of layers. */
  public MixtralConfig config(int layers) {
    return MixtralConfig.of(
        Map.of(
            "vocab_size", WORDS,
            "hidden_size", hidden,
            "intermediate_size", intermediate,
            "num_hidden_layers", layers,
            "num_attention_heads", heads,
            "num_key_value_heads", keyValueHeads,
            "head_dim", hidden / heads,
            "max_position_embeddings", positions,
            "router_aux_loss_coef", 0.02));
  }
}
