package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import java.util.Optional;

/**
 * The ids that the {@code post_processor} of a tokenizer.json puts around a text.
 *
 * @param prefix in front of it
 * @param suffix behind it
 */
record TemplateIds(int[] prefix, int[] suffix) {

  static TemplateIds read(Optional<JsonPart> part, Vocabulary vocabulary) {
    IdBuffer prefix = new IdBuffer();
    IdBuffer suffix = new IdBuffer();
    if (part.isPresent()) {
      readInto(part.get(), vocabulary, prefix, suffix);
    }
    return new TemplateIds(prefix.toArray(), suffix.toArray());
  }

  private static void readInto(
      JsonPart part, Vocabulary vocabulary, IdBuffer prefix, IdBuffer suffix) {
    if (!part.type().equals("TemplateProcessing")) {
      throw part.unsupported("TemplateProcessing or null", part.type());
    }
    boolean afterText = false;
    for (JsonPart item : part.required("single").elements()) {
      Optional<JsonPart> special = item.optional("SpecialToken");
      if (special.isPresent()) {
        String name = special.get().required("id").string();
        for (JsonPart id :
            part.required("special_tokens").required(name).required("ids").elements()) {
          if (!vocabulary.contains(id.nonNegativeInt())) {
            throw new MalformedFileException(
                id.place(), "an id below " + vocabulary.size(), id.describe());
          }
          (afterText ? suffix : prefix).add(id.nonNegativeInt());
        }
      } else {
        JsonPart sequence = item.required("Sequence");
        if (afterText) {
          throw sequence.unsupported("a second Sequence is not supported");
        }
        afterText = true;
      }
    }
    if (!afterText) {
      throw new MalformedFileException(
          part.required("single").place(), "there is no Sequence, so the text would be left out");
    }
  }
}
