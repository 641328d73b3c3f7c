package io.github.jmixtral.internal.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code format % values}. */
final class PercentFormat {
  private final Text format;
  private final String string;
  private final Value values;

  /** Null if there is a single value. */
  private final @Nullable List<Value> tuple;

  private final Work work;
  private final TextBuilder out;
  private int next;
  private int at;

  private PercentFormat(Text format, Value values, Work work) {
    this.format = format;
    this.string = format.string();
    this.values = values;
    this.tuple = values instanceof TupleValue several ? several.elements() : null;
    this.work = work;
    this.out = new TextBuilder(work);
  }

  /** Markup escapes what is put into it. */
  static Text format(Text format, Value values, Work work) {
    return new PercentFormat(format, values, work).format().asMarkupIf(format.isMarkup());
  }

  private Text format() {
    int done = 0;
    while (true) {
      at = string.indexOf('%', done);
      if (at < 0) {
        break;
      }
      out.add(format, done, at++);
      conversion();
      done = at;
    }
    out.add(format, done, string.length());
    boolean left = tuple != null ? next < tuple.size() : next == 0 && !hasKeys(values);
    if (left) {
      throw JinjaException.typeError("not all arguments converted during string formatting");
    }
    return out.build();
  }

  /** Whether Python takes the values for a mapping, of which not all need be used. */
  private static boolean hasKeys(Value value) {
    return switch (value) {
      case ListValue _, DictValue _, RangeValue _, BytesValue _, Undefined _, Blocks _ -> true;
      default -> false;
    };
  }

  private char unit() {
    if (at >= string.length()) {
      throw JinjaException.valueError("incomplete format");
    }
    return string.charAt(at);
  }

  private void conversion() {
    Value keyed = null;
    if (unit() == '(') {
      keyed = keyed();
    }
    String flags = "";
    while ("-+ #0".indexOf(unit()) >= 0) {
      flags += unit();
      at++;
      if (flags.length() > 100) {
        throw JinjaException.notSupported("a conversion with so many flags");
      }
    }
    long width = number(true);
    if (width < 0) {
      flags += "-";
      width = -width;
    }
    long precision = -1;
    if (unit() == '.') {
      at++;
      precision = Math.max(0, number(false));
    }
    while ("hlL".indexOf(unit()) >= 0) {
      at++;
    }
    int type = string.codePointAt(at);
    int place = at;
    at += Character.charCount(type);
    if (type == '%') {
      out.add("%");
      return;
    }
    Value value = keyed != null ? keyed : argument();
    FormatSpec spec = spec(flags, width, precision, (char) type);
    switch (type) {
      case 's', 'r', 'a' -> out.add(spec.padded(text(type, value, precision), '>', work));
      case 'c' -> out.add(spec.padded(character(value), '>', work));
      case 'd', 'i', 'u', 'o', 'x', 'X' -> out.add(integer(value, spec));
      case 'e', 'E', 'f', 'F', 'g', 'G' -> out.add(real(value, spec));
      default ->
          throw JinjaException.valueError(
              "unsupported format character '"
                  + Character.toString(type)
                  + "' (0x"
                  + Integer.toHexString(type)
                  + ") at index "
                  + format.codePointOf(place));
    }
  }

  /** The format that the flags mean; zeros fill numbers only. */
  private static FormatSpec spec(String flags, long width, long precision, char type) {
    boolean zeros = flags.contains("0") && !flags.contains("-") && "sarc".indexOf(type) < 0;
    return new FormatSpec(
        zeros ? "0" : " ",
        flags.contains("-") ? '<' : zeros ? '=' : '>',
        flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : 0,
        false,
        flags.contains("#"),
        zeros,
        width,
        (char) 0,
        precision,
        type);
  }

  private Value keyed() {
    int depth = 1;
    int from = ++at;
    while (depth > 0) {
      if (at >= string.length()) {
        throw JinjaException.valueError("incomplete format key");
      }
      depth += string.charAt(at) == '(' ? 1 : string.charAt(at) == ')' ? -1 : 0;
      at++;
    }
    if (tuple != null || values instanceof Text || !hasKeys(values)) {
      throw JinjaException.typeError("format requires a mapping");
    }
    Text key = Text.of(string.substring(from, at - 1));
    Value value = Sequences.item(values, key, work);
    if (value == null) {
      throw values instanceof DictValue
          ? JinjaException.of("KeyError", Printing.quoted(key.string()))
          : JinjaException.typeError(
              values.typeName() + " indices must be integers or slices, not str");
    }
    next = Math.max(next, 1);
    return value;
  }

  /** A width or precision; {@code *} takes it from the values. */
  private long number(boolean signed) {
    if (unit() == '*') {
      at++;
      Value value = argument();
      IntValue number = Numbers.integer(value);
      if (number == null) {
        throw JinjaException.typeError("* wants int");
      }
      if (Math.abs((double) number.clamped()) > Integer.MAX_VALUE) {
        throw JinjaException.of("OverflowError", "Python int too large to convert to C int");
      }
      return number.small();
    }
    long number = 0;
    while (Characters.isAsciiDigit(unit())) {
      number = number * 10 + unit() - '0';
      if (number > Integer.MAX_VALUE) {
        throw JinjaException.valueError((signed ? "width" : "precision") + " too big");
      }
      at++;
    }
    return number;
  }

  private Value argument() {
    if (tuple != null ? next >= tuple.size() : next > 0) {
      throw JinjaException.typeError("not enough arguments for format string");
    }
    return tuple != null ? tuple.get(next++) : single();
  }

  private Value single() {
    next++;
    return values;
  }

  private Text text(int type, Value value, long precision) {
    Text text =
        switch (type) {
          case 's' ->
              format.isMarkup() ? Html.escape(value, work).asPlain() : Printing.str(value, work);
          case 'r' -> escaped(Printing.repr(value, work));
          default -> escaped(Printing.ascii(value, work));
        };
    return precision >= 0 && precision < text.length() ? text.slice(0, (int) precision) : text;
  }

  private Text escaped(Text text) {
    return format.isMarkup() ? Html.escape(text, work).asPlain() : text;
  }

  private Text character(Value value) {
    if (value instanceof Text text) {
      if (text.length() != 1) {
        throw JinjaException.typeError("%c requires int or char");
      }
      return text.asPlain();
    }
    IntValue code = Numbers.integer(value);
    if (code == null) {
      throw JinjaException.typeError("%c requires int or char");
    }
    return FormatSpec.character(code);
  }

  private Text integer(Value value, FormatSpec spec) {
    char type = spec.type();
    IntValue integer = Numbers.integer(value);
    boolean decimal = type == 'd' || type == 'i' || type == 'u';
    if (integer == null && decimal && value instanceof FloatValue number) {
      integer = Numbers.truncate(number.value());
    }
    if (integer == null && decimal && value instanceof Undefined missing) {
      throw missing.failure();
    }
    if (integer == null) {
      String wanted = decimal ? "a real number" : "an integer";
      throw JinjaException.typeError(
          "%" + type + " format: " + wanted + " is required, not " + value.typeName());
    }
    String digits = spec.digits(integer);
    if (spec.precision() > digits.length()) {
      work.characters(spec.precision());
      digits = "0".repeat((int) (spec.precision() - digits.length())) + digits;
    }
    String prefix = spec.alternate() && !decimal ? "0" + type : "";
    return spec.number(integer.signum() < 0, prefix, digits, "", 0, work);
  }

  private Text real(Value value, FormatSpec spec) {
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    if (!Numbers.isNumber(value)) {
      throw JinjaException.typeError("must be real number, not " + value.typeName());
    }
    double number = Numbers.toDouble(value);
    long kept = spec.precision() < 0 ? FormatSpec.DEFAULT_PRECISION : spec.precision();
    String digits = FloatFormat.digits(number, spec.type(), kept, spec.alternate(), false, work);
    boolean negative = number < 0 || number == 0 && 1 / number < 0;
    return spec.number(negative, "", digits, "", 0, work);
  }
}
