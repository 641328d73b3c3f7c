package io.github.jmixtral.internal.jinja;

import java.util.List;

/**
 * {@code format.format(…)} and {@code format_map}, as the sandbox's formatter does it: attributes
 * and keys of fields are looked up as in expressions.
 */
final class StringFormat {
  private static final int DEEPEST = 2;

  private final Text format;
  private final List<Value> positional;

  /** A dictionary; with {@code format_map} any value. */
  private final Value named;

  private final Work work;

  /** The number of the next field without a name; −1 if fields have numbers. */
  private int automatic;

  private StringFormat(Text format, List<Value> positional, Value named, Work work) {
    this.format = format;
    this.positional = positional;
    this.named = named;
    this.work = work;
  }

  static Text format(Text format, List<Value> positional, Value named, Work work) {
    return new StringFormat(format, positional, named, work)
        .expand(format, DEEPEST)
        .asMarkupIf(format.isMarkup());
  }

  private Text expand(Text text, int deeper) {
    if (deeper < 0) {
      throw JinjaException.valueError("Max string recursion exceeded");
    }
    TextBuilder out = new TextBuilder(work);
    String string = text.string();
    int done = 0;
    int at = 0;
    while (at < string.length()) {
      char unit = string.charAt(at++);
      if (unit != '{' && unit != '}') {
        continue;
      }
      boolean doubled = at < string.length() && string.charAt(at) == unit;
      if (unit == '}' && !doubled) {
        throw JinjaException.valueError("Single '}' encountered in format string");
      }
      if (at == string.length()) {
        throw JinjaException.valueError("Single '{' encountered in format string");
      }
      out.add(text, done, doubled ? at : at - 1);
      at = doubled ? at + 1 : field(text, at, deeper, out);
      done = at;
    }
    out.add(text, done, string.length());
    return out.build();
  }

  /** Writes the field that begins behind a brace, and gives the place behind it. */
  private int field(Text text, int from, int deeper, TextBuilder out) {
    work.step();
    String string = text.string();
    int at = from;
    char unit = 0;
    while (at < string.length()) {
      unit = string.charAt(at++);
      if (unit == '{') {
        throw JinjaException.valueError("unexpected '{' in field name");
      }
      if (unit == '[') {
        int close = string.indexOf(']', at);
        at = close < 0 ? string.length() : close;
      } else if (unit == '}' || unit == ':' || unit == '!') {
        break;
      }
      unit = 0;
    }
    if (unit == 0) {
      throw JinjaException.valueError("expected '}' before end of string");
    }
    String name = string.substring(from, at - 1);
    int conversion = 0;
    boolean hasSpec = unit == ':';
    if (unit == '!') {
      if (at >= string.length()) {
        throw JinjaException.valueError("end of string while looking for conversion specifier");
      }
      conversion = string.codePointAt(at);
      at += Character.charCount(conversion);
      if (at < string.length()) {
        char behind = string.charAt(at++);
        if (behind != '}' && behind != ':') {
          throw JinjaException.valueError("expected ':' after conversion specifier");
        }
        hasSpec = behind == ':';
      } else {
        throw JinjaException.valueError("unmatched '{' in format spec");
      }
    }
    Text spec = Text.EMPTY;
    if (hasSpec) {
      int end = specEnd(string, at);
      spec = text.part(at, end);
      at = end + 1;
    }
    Value value = converted(value(name), conversion);
    out.add(formatted(value, expand(spec, deeper - 1)));
    return at;
  }

  private static int specEnd(String string, int from) {
    int depth = 1;
    for (int i = from; i < string.length(); i++) {
      depth += string.charAt(i) == '{' ? 1 : string.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw JinjaException.valueError("unmatched '{' in format spec");
  }

  private Value value(String name) {
    String field = name;
    if (field.isEmpty()) {
      if (automatic < 0) {
        throw mixed("manual field specification to automatic field numbering");
      }
      field = Integer.toString(automatic++);
    } else if (Characters.all(field, Characters::isDigit)) {
      if (automatic > 0) {
        throw mixed("manual field specification to automatic field numbering");
      }
      automatic = -1;
    }
    int end = 0;
    while (end < field.length() && field.charAt(end) != '.' && field.charAt(end) != '[') {
      end++;
    }
    Value value = first(field.substring(0, end));
    while (end < field.length()) {
      boolean attribute = field.charAt(end) == '.';
      int from = end + 1;
      end = from;
      while (end < field.length()
          && (attribute
              ? field.charAt(end) != '.' && field.charAt(end) != '['
              : field.charAt(end) != ']')) {
        end++;
      }
      String part = field.substring(from, end);
      if (!attribute && end == field.length()) {
        throw JinjaException.valueError("Missing ']' in format string");
      }
      if (part.isEmpty()) {
        throw JinjaException.valueError("Empty attribute in format string");
      }
      if (attribute) {
        value = Attributes.attribute(value, part, work);
      } else {
        end++;
        if (end < field.length() && field.charAt(end) != '.' && field.charAt(end) != '[') {
          throw JinjaException.valueError(
              "Only '.' or '[' may follow ']' in format field specifier");
        }
        value = Attributes.item(value, key(part), work);
      }
    }
    return value;
  }

  private static JinjaException mixed(String what) {
    return JinjaException.valueError("cannot switch from " + what);
  }

  /** An integer if it is one. */
  private static Value key(String part) {
    if (!part.chars().allMatch(Characters::isAsciiDigit)) {
      return Text.of(part);
    }
    if (part.length() > 18) {
      throw JinjaException.valueError("Too many decimal digits in format string");
    }
    return IntValue.of(Long.parseLong(part));
  }

  private Value first(String name) {
    Value key = name.isEmpty() ? Text.EMPTY : key(name);
    if (key instanceof IntValue index) {
      if (index.small() >= positional.size()) {
        throw JinjaException.of("IndexError", "tuple index out of range");
      }
      return positional.get((int) index.small());
    }
    Value value = Sequences.item(named, key, work);
    if (value == null) {
      throw JinjaException.of("KeyError", Printing.quoted(name));
    }
    return value;
  }

  private Value converted(Value value, int conversion) {
    return switch (conversion) {
      case 0 -> value;
      case 's' -> Printing.str(value, work);
      case 'r' -> Printing.repr(value, work);
      case 'a' -> Printing.ascii(value, work);
      default ->
          throw JinjaException.valueError(
              "Unknown conversion specifier " + Character.toString(conversion));
    };
  }

  private Text formatted(Value value, Text spec) {
    if (!format.isMarkup()) {
      return FormatSpec.format(value, spec, work);
    }
    if (value instanceof Text text && text.isMarkup()) {
      if (!spec.isEmpty()) {
        throw JinjaException.valueError("Unsupported format specification for Markup.");
      }
      return text.asPlain();
    }
    return Html.escape(FormatSpec.format(value, spec, work), work).asPlain();
  }
}
