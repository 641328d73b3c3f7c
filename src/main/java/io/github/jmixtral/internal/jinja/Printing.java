package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.internal.format.PythonFloat;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
final class Printing {
  private static final JinjaLimits MESSAGE = new JinjaLimits(100, 1000, 1000);

  private Printing() {}

  /** {@code str(value)}: never markup. */
  static Text str(Value value, Work work) {
    return switch (value) {
      case Text text -> text.asPlain();
      case Undefined _ -> Text.EMPTY;
      default -> repr(value, work);
    };
  }

  /** MarkupSafe's {@code soft_str}: markup stays markup. */
  static Text softStr(Value value, Work work) {
    return value instanceof Text text ? text : str(value, work);
  }

  static Text repr(Value value, Work work) {
    TextBuilder out = new TextBuilder(work);
    repr(value, out, work);
    return out.build();
  }

  /** {@code repr} of a short text. */
  static String quoted(String text) {
    return repr(
            Text.of(text),
            new Work(new JinjaLimits(text.length() + 10L, 12L * text.length() + 100, 100)))
        .string();
  }

  /** {@code repr} for a message, or the type if that is long. */
  static String forMessage(Value value) {
    try {
      return repr(value, new Work(MESSAGE)).string();
    } catch (JinjaException e) {
      return "<" + value.typeName() + ">";
    }
  }

  static void repr(Value value, TextBuilder out, Work work) {
    work.step();
    switch (value) {
      case NoneValue _ -> out.add("None");
      case BoolValue bool -> out.add(bool == BoolValue.TRUE ? "True" : "False");
      case IntValue integer -> out.add(NumberText.of(integer));
      case FloatValue number -> out.add(PythonFloat.repr(number.value()));
      case Text text -> {
        String quoted = quoted(text.string(), work);
        out.add(text.isMarkup() ? "Markup(" + quoted + ")" : quoted, text);
      }
      case BytesValue bytes -> {
        Text quoted = Text.of(quoted(bytes.bytes(), work));
        out.add(bytes.isWritten() ? Text.written(quoted.string()) : quoted);
      }
      case Undefined _ -> out.add("Undefined");
      case ListValue list -> elements("[", list.elements().iterator(), "]", out, work);
      case TupleValue tuple -> {
        boolean single = tuple.elements().size() == 1;
        elements("(", tuple.elements().iterator(), single ? ",)" : ")", out, work);
      }
      case DictValue dict -> dict(dict, out, work);
      case DictView view -> elements(view.typeName() + "([", view.iterator(), "])", out, work);
      case RangeValue range ->
          out.add("range(" + range.start() + ", " + range.stop())
              .add(range.step() == 1 ? ")" : ", " + range.step() + ")");
      case Namespace namespace -> {
        out.add("<Namespace ");
        dict(namespace.attributes(), out, work);
        out.add(">");
      }
      case Loop loop -> out.add("<LoopContext " + (loop.index() + 1) + "/" + loop.length() + ">");
      case Macro macro ->
          out.add(
              macro.name() == null ? "<Macro anonymous>" : "<Macro " + quoted(macro.name()) + ">");
      case TypeValue type -> out.add("<class '" + type.qualifiedName() + "'>");
      case Blocks _ -> out.add("<TemplateReference None>");
      case Function _, IteratorValue _, Cycler _, Joiner _, BlockReference _ ->
          throw JinjaException.notSupported("printing a value of type '" + value.typeName() + "'");
    }
  }

  private static void elements(
      String open, Iterator<Value> elements, String close, TextBuilder out, Work work) {
    work.enter();
    out.add(open);
    String separator = "";
    while (elements.hasNext()) {
      out.add(separator);
      repr(elements.next(), out, work);
      separator = ", ";
    }
    out.add(close);
    work.leave();
  }

  private static void dict(DictValue dict, TextBuilder out, Work work) {
    work.enter();
    out.add("{");
    String separator = "";
    for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
      out.add(separator);
      repr(entry.getKey().value(), out, work);
      out.add(": ");
      repr(entry.getValue(), out, work);
      separator = ", ";
    }
    out.add("}");
    work.leave();
  }

  /** A text in quotes, with escapes for what cannot be seen. */
  private static String quoted(String text, Work work) {
    work.characters(text.length());
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints()
        .forEach(
            codePoint -> {
              switch (codePoint) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (codePoint == quote) {
                    out.append('\\').append(quote);
                  } else if (Characters.isPrintable(codePoint)) {
                    out.appendCodePoint(codePoint);
                  } else {
                    out.append(escape(codePoint));
                  }
                }
              }
            });
    return out.append(quote).toString();
  }

  /** {@code \xNN}, {@code \}{@code uNNNN} or {@code \UNNNNNNNN}. */
  static String escape(int codePoint) {
    if (codePoint < 0x100) {
      return String.format("\\x%02x", codePoint);
    }
    return codePoint < 0x10000
        ? String.format("\\u%04x", codePoint)
        : String.format("\\U%08x", codePoint);
  }

  /** {@code ascii(value)}. */
  static Text ascii(Value value, Work work) {
    Text repr = repr(value, work);
    StringBuilder ascii = new StringBuilder(repr.units());
    repr.string()
        .codePoints()
        .forEach(
            codePoint -> {
              if (codePoint < 0x80) {
                ascii.append((char) codePoint);
              } else {
                ascii.append(escape(codePoint));
              }
            });
    work.characters(ascii.length());
    return repr.changedTo(ascii.toString());
  }

  private static String quoted(byte[] bytes, Work work) {
    work.characters(4L * bytes.length);
    String latin = new String(bytes, StandardCharsets.ISO_8859_1);
    char quote = latin.indexOf('\'') >= 0 && latin.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder("b").append(quote);
    for (char unit : latin.toCharArray()) {
      switch (unit) {
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (unit == quote) {
            out.append('\\').append(unit);
          } else if (unit >= ' ' && unit < 0x7F) {
            out.append(unit);
          } else {
            out.append(escape(unit));
          }
        }
      }
    }
    return out.append(quote).toString();
  }

  /** {@code separator.join(parts)}. */
  static Text join(Text separator, List<Text> parts, Work work) {
    TextBuilder joined = new TextBuilder(work);
    for (int i = 0; i < parts.size(); i++) {
      if (i > 0) {
        joined.add(separator);
      }
      joined.add(parts.get(i));
    }
    return joined.build();
  }
}
