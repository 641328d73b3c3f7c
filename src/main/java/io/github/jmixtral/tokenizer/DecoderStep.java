package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One step of the {@code decoder} of a tokenizer.json: tokens in, tokens out. */
sealed interface DecoderStep
    permits Replacement,
        DecoderStep.ByteFallback,
        DecoderStep.Fuse,
        DecoderStep.Strip,
        DecoderStep.Marks {
  /** Turns runs of byte tokens into text: all of a run's characters, or one U+FFFD per byte. */
  record ByteFallback() implements DecoderStep {}

  /** Joins all tokens into one. */
  record Fuse() implements DecoderStep {}

  /** Drops up to {@code start} leading and {@code stop} trailing {@code content} characters. */
  record Strip(int content, int start, int stop) implements DecoderStep {}

  /** Turns marks back into spaces. */
  record Marks(Metaspace metaspace) implements DecoderStep {}

  /** The steps of a tokenizer.json. */
  static List<DecoderStep> read(JsonPart root) {
    Optional<JsonPart> decoder = root.optional("decoder");
    if (decoder.isEmpty()) {
      throw root.unsupported("the tokenizer has no decoder");
    }
    List<DecoderStep> steps = new ArrayList<>();
    readInto(decoder.get(), steps);
    Replacement.checkGrowth(steps, decoder.get());
    return List.copyOf(steps);
  }

  private static void readInto(JsonPart part, List<DecoderStep> steps) {
    boolean fused = steps.contains(new Fuse());
    switch (part.type()) {
      case "Sequence" ->
          part.required("decoders").elements().forEach(child -> readInto(child, steps));
      case "Replace" -> {
        Replacement replacement = Replacement.read(part);
        String pattern = replacement.pattern();
        if (fused && pattern.length() > 1) {
          throw part.unsupported(
              "a single character to replace after Fuse", Excerpt.quote(pattern));
        }
        steps.add(replacement);
      }
      case "ByteFallback" -> steps.add(whileApart(part, fused, new ByteFallback()));
      case "Metaspace" -> steps.add(whileApart(part, fused, new Marks(Metaspace.read(part))));
      case "Fuse" -> {
        if (!fused) {
          steps.add(new Fuse());
        }
      }
      case "Strip" -> {
        Strip strip = strip(part);
        if (fused && strip.stop() > 0) {
          throw part.unsupported("stop 0 after Fuse", "" + strip.stop());
        }
        steps.add(strip);
      }
      case String other ->
          throw part.unsupported(
              "Sequence, Replace, ByteFallback, Fuse, Strip or Metaspace", other);
    }
  }

  private static DecoderStep whileApart(JsonPart part, boolean fused, DecoderStep step) {
    if (fused) {
      throw part.unsupported(
          "a step " + part.type() + " after Fuse is not supported; it must come before");
    }
    return step;
  }

  private static Strip strip(JsonPart part) {
    JsonPart content = part.required("content");
    String character = content.string();
    if (character.codePointCount(0, character.length()) != 1) {
      throw content.malformed("one character", content.describe());
    }
    return new Strip(
        character.codePointAt(0),
        part.required("start").nonNegativeInt(),
        part.required("stop").nonNegativeInt());
  }
}
