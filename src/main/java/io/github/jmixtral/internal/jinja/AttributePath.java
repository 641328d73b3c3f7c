package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code attribute} of filters: names and indexes with dots between them. */
record AttributePath(List<Value> parts) {

  /**
   * @param attribute null or none for the value itself
   */
  static AttributePath of(@Nullable Value attribute, Work work) {
    if (attribute == null || attribute == NoneValue.NONE) {
      return new AttributePath(List.of());
    }
    if (!(attribute instanceof Text text)) {
      return new AttributePath(List.of(attribute));
    }
    List<Value> parts = new ArrayList<>();
    for (Text part : StringSearch.split(text, Text.of("."), -1)) {
      work.step();
      if (Characters.all(part.string(), Characters::isDigit)) {
        IntValue index = NumberText.parseInt(part.string(), 10);
        if (index == null) {
          throw JinjaException.valueError(
              "invalid literal for int() with base 10: " + Printing.quoted(part.string()));
        }
        parts.add(index);
      } else {
        parts.add(part);
      }
    }
    return new AttributePath(parts);
  }

  Value get(Value value, Work work) {
    return get(value, null, work);
  }

  /**
   * @param otherwise what takes the place of an undefined part, unless it is null or none
   */
  Value get(Value value, @Nullable Value otherwise, Work work) {
    Value found = value;
    for (Value part : parts) {
      found = Attributes.item(found, part, work);
      if (found instanceof Undefined && otherwise != null && otherwise != NoneValue.NONE) {
        found = otherwise;
      }
    }
    return found;
  }

  /** Texts in lower case, everything else as it is. */
  static Value ignoringCase(Value value) {
    return value instanceof Text text
        ? text.changedTo(CaseMapping.lower(text.string())).asMarkupIf(text.isMarkup())
        : value;
  }
}
