package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;

/**
 * The space that a decoder drops at the start of a text. In the continuation of a prompt it belongs
 * between the two.
 */
public final class LeadingSpace {
  private LeadingSpace() {}

  /** The space, or nothing, that is dropped where a text begins with this id. */
  public static String droppedFrom(Tokenizer tokenizer, int id) {
    String whole = new String(TokenText.bytes(tokenizer, id), StandardCharsets.UTF_8);
    return whole.startsWith(" ") && !tokenizer.decode(new int[] {id}, true).startsWith(whole)
        ? " "
        : "";
  }

  /** The same of the first of some ids that is no special token. */
  public static String droppedFrom(Tokenizer tokenizer, int[] ids) {
    for (int id : ids) {
      if (TokenText.bytes(tokenizer, id).length > 0) {
        return droppedFrom(tokenizer, id);
      }
    }
    return "";
  }
}
