package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.internal.format.PythonFloat;
import java.util.List;
import java.util.Map;

/** Filters that lay a text out in lines and columns. */
final class LayoutFilters {
  private static final int CENTERED = 80;
  private static final int INDENT = 4;
  private static final int TRUNCATED = 255;
  private static final int LEEWAY = 5;

  private LayoutFilters() {}

  static void addTo(Map<String, Filter> filters) {
    Filter.add(
        filters,
        "center",
        "do_center(value, width=)",
        (a, r) -> {
          Text text = Printing.softStr(a[0], r.work());
          long width = a[1] == null ? CENTERED : Numbers.index(a[1]);
          return StringMethods.center(text, width, Text.of(" "), r.work())
              .asMarkupIf(text.isMarkup());
        });
    Filter.add(
        filters, "indent", "do_indent(s, width=, first=, blank=)", (a, r) -> indent(a, r.work()));
    Filter.add(
        filters,
        "truncate",
        "do_truncate(s, length=, killwords=, end=, leeway=)",
        (a, r) -> truncate(a, r.work()));
  }

  private static boolean given(Value value) {
    return value != null && Truth.of(value);
  }

  private static Value indent(Value[] a, Work work) {
    Text indention;
    if (a[1] instanceof Text string) {
      indention = string;
    } else {
      Value width = a[1] == null ? IntValue.of(INDENT) : a[1];
      indention = (Text) Operators.apply(Operators.Binary.MULTIPLY, Text.of(" "), width, work);
    }
    if (!(a[0] instanceof Text text)) {
      if (a[0] instanceof ListValue) {
        throw JinjaException.of("AttributeError", "'list' object has no attribute 'splitlines'");
      }
      // Fails as Python's s += "\n" does.
      return Operators.apply(Operators.Binary.ADD, a[0], Text.of("\n"), work);
    }
    Text newLine = Text.of("\n");
    List<Text> lines =
        StringSearch.splitLines(new TextBuilder(work).add(text).add(newLine).build(), false);
    boolean blank = given(a[3]);
    TextBuilder out = new TextBuilder(work);
    if (given(a[2])) {
      out.add(indention);
    }
    for (int i = 0; i < lines.size(); i++) {
      if (i > 0) {
        out.add(newLine);
        if (blank || !lines.get(i).isEmpty()) {
          out.add(indention);
        }
      }
      out.add(lines.get(i));
    }
    return out.build().asMarkupIf(text.isMarkup());
  }

  private static Value truncate(Value[] a, Work work) {
    if (a[1] instanceof Undefined missing) {
      throw missing.failure();
    }
    Text end = a[3] == null ? Text.of("...") : requireText(a[3]);
    if (a[1] instanceof FloatValue number && number.value() < end.length()) {
      throw tooShort(end, PythonFloat.repr(number.value()));
    }
    long length = a[1] == null ? TRUNCATED : Numbers.index(a[1]);
    long leeway = a[4] == null || a[4] == NoneValue.NONE ? LEEWAY : Numbers.index(a[4]);
    if (length < end.length()) {
      throw tooShort(end, Long.toString(length));
    }
    if (leeway < 0) {
      throw JinjaException.of("AssertionError", "expected leeway >= 0, got " + leeway);
    }
    long longest = length > Long.MAX_VALUE - leeway ? Long.MAX_VALUE : length + leeway;
    if (Sequences.lengthOf(a[0]) <= longest) {
      return a[0];
    }
    Text text = requireText(a[0]);
    Text kept = text.slice(0, (int) (length - end.length()));
    if (!given(a[2])) {
      kept = StringSearch.splitFromRight(kept, Text.of(" "), 1).getFirst();
    }
    return Operators.apply(Operators.Binary.ADD, kept.asMarkupIf(text.isMarkup()), end, work);
  }

  private static JinjaException tooShort(Text end, String length) {
    return JinjaException.of(
        "AssertionError", "expected length >= " + end.length() + ", got " + length);
  }

  private static Text requireText(Value value) {
    if (value instanceof Text text) {
      return text;
    }
    throw JinjaException.typeError("expected str, not " + value.typeName());
  }
}
