package io.github.jmixtral.internal.jinja;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;

/** The filter {@code urlencode}. */
final class UrlEncoding {
  private UrlEncoding() {}

  /** A text percent-encoded, or pairs as a query. */
  static Value encode(Value value, Work work) {
    if (value instanceof Text || !Sequences.isIterable(value)) {
      return quote(value, false, work);
    }
    Value pairs = value instanceof DictValue dict ? new DictView(dict, DictView.Part.ITEMS) : value;
    TextBuilder out = new TextBuilder(work);
    for (Iterator<Value> each = Sequences.iterator(pairs, work); each.hasNext(); ) {
      List<Value> pair = Unpacking.unpack(each.next(), 2, work);
      if (out.length() > 0) {
        out.add("&");
      }
      out.add(quote(pair.getFirst(), true, work)).add("=").add(quote(pair.getLast(), true, work));
    }
    return out.build();
  }

  private static Text quote(Value value, boolean query, Work work) {
    boolean bytesGiven = value instanceof BytesValue;
    Text text = bytesGiven ? Text.EMPTY : Printing.str(value, work);
    byte[] bytes =
        value instanceof BytesValue given
            ? given.bytes()
            : text.string().getBytes(StandardCharsets.UTF_8);
    work.characters(3L * bytes.length);
    StringBuilder out = new StringBuilder();
    for (byte unit : bytes) {
      char character = (char) (unit & 0xFF);
      boolean safe =
          character < 128
              && (Character.isLetterOrDigit(character)
                  || "_.-~".indexOf(character) >= 0
                  || character == '/' && !query);
      if (safe) {
        out.append(character);
      } else if (query && character == ' ') {
        out.append('+');
      } else {
        out.append(String.format("%%%02X", (int) character));
      }
    }
    return value instanceof BytesValue given && given.isWritten()
        ? Text.written(out.toString())
        : Text.from(out.toString(), text);
  }
}
