package io.github.jmixtral.internal.format;

import java.util.List;
import java.util.Set;

/** The tokens that llama.cpp knows by their texts, in whichever vocabulary they stand. */
final class GgufSpellings {
  /** What ends a generation in some model's chats. */
  static final Set<String> ENDS =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<turn|>",
          "<|tool_response>",
          "<｜end▁of▁sentence｜>",
          "[e~[");

  /** Marks of OpenAI's harmony format: a text of its own wherever it stands. */
  static final Set<String> TEXTS =
      Set.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");

  /** The tokens with which models of code fill a gap in the middle of a text. */
  static final List<Infill> INFILLS =
      List.of(
          new Infill(
              "pad", true, Set.of("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]")),
          new Infill(
              "rep",
              true,
              Set.of("<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>")),
          new Infill("sep", true, Set.of("<|file_sep|>")),
          new Infill(
              "pre",
              false,
              Set.of(
                  "<|fim_prefix|>",
                  "<fim-prefix>",
                  "<fim_prefix>",
                  "<｜fim▁begin｜>",
                  "<PRE>",
                  "▁<PRE>",
                  "<|code_prefix|>",
                  "<|prefix|>")),
          new Infill(
              "suf",
              false,
              Set.of(
                  "<|fim_suffix|>",
                  "<fim-suffix>",
                  "<fim_suffix>",
                  "<｜fim▁hole｜>",
                  "<SUF>",
                  "▁<SUF>",
                  "<|code_suffix|>",
                  "<|suffix|>")),
          new Infill(
              "mid",
              false,
              Set.of(
                  "<|fim_middle|>",
                  "<fim-middle>",
                  "<fim_middle>",
                  "<｜fim▁end｜>",
                  "<MID>",
                  "▁<MID>",
                  "<|code_middle|>",
                  "<|middle|>")));

  private GgufSpellings() {}

  /**
   * A token of one purpose; where the metadata name none, one that is spelled so.
   *
   * @param purpose the middle of its key
   * @param ends whether it ends a generation
   * @param spellings its texts in different models
   */
  record Infill(String purpose, boolean ends, Set<String> spellings) {
    /** The key that names its id. */
    String key() {
      return "tokenizer.ggml.fim_" + purpose + "_token_id";
    }
  }
}
