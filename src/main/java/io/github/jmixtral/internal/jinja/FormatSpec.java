package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.internal.format.PythonFloat;
import java.math.BigInteger;
import java.util.Locale;

/**
 * Python's mini-language of formats: {@code [[fill]align][sign][z][#][0][width][grouping]
 * [.precision][type]}.
 *
 * @param align 0 if none is given, as for sign, grouping and type
 * @param precision −1 if none is given
 */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean noNegativeZero,
    boolean alternate,
    boolean zeros,
    long width,
    char grouping,
    long precision,
    char type) {

  static final int DEFAULT_PRECISION = 6;

  /** {@code format(value, spec)}. */
  static Text format(Value value, Text spec, Work work) {
    String text = spec.string();
    if (value instanceof Text string) {
      return text.isEmpty() ? string.asPlain() : parse(text, value).formatText(string, work);
    }
    if (text.isEmpty()) {
      return Printing.str(value, work);
    }
    if (value instanceof FloatValue number) {
      return parse(text, value).formatFloat(number.value(), work);
    }
    IntValue integer = Numbers.integer(value);
    if (integer != null) {
      return parse(text, value).formatInteger(integer, value, work);
    }
    throw JinjaException.typeError(
        "unsupported format string passed to " + value.typeName() + ".__format__");
  }

  private static FormatSpec parse(String spec, Value value) {
    int[] units = spec.codePoints().toArray();
    int at = 0;
    String fill = " ";
    char align = 0;
    if (units.length > 1 && isAlign(units[1])) {
      fill = Character.toString(units[0]);
      align = (char) units[1];
      at = 2;
    } else if (isAlign(units[0])) {
      align = (char) units[0];
      at = 1;
    }
    boolean filled = at == 2;
    char sign = 0;
    if (at < units.length && (units[at] == '+' || units[at] == '-' || units[at] == ' ')) {
      sign = (char) units[at++];
    }
    boolean noNegativeZero = at < units.length && units[at] == 'z';
    at += noNegativeZero ? 1 : 0;
    boolean alternate = at < units.length && units[at] == '#';
    at += alternate ? 1 : 0;
    boolean zeros = !filled && at < units.length && units[at] == '0';
    if (zeros) {
      fill = "0";
      if (align == 0 && !(value instanceof Text)) {
        align = '=';
      }
      at++;
    }
    int from = at;
    long width = number(units, at);
    at = end(units, at);
    boolean hasWidth = at > from;
    char grouping = 0;
    if (at < units.length && (units[at] == ',' || units[at] == '_')) {
      grouping = (char) units[at++];
      if (at < units.length && (units[at] == ',' || units[at] == '_')) {
        throw JinjaException.valueError(
            units[at] == grouping
                ? "Cannot specify '" + grouping + "' with '" + grouping + "'."
                : "Cannot specify both ',' and '_'.");
      }
    }
    long precision = -1;
    if (at < units.length && units[at] == '.') {
      at++;
      if (end(units, at) == at) {
        throw JinjaException.valueError("Format specifier missing precision");
      }
      precision = number(units, at);
      at = end(units, at);
    }
    if (units.length - at > 1 || units.length - at == 1 && units[at] > Character.MAX_VALUE) {
      throw JinjaException.valueError(
          "Invalid format specifier "
              + Printing.quoted(spec)
              + " for object of type '"
              + value.typeName()
              + "'");
    }
    char type = at < units.length ? (char) units[at] : 0;
    return new FormatSpec(
        fill,
        align,
        sign,
        noNegativeZero,
        alternate,
        zeros,
        hasWidth ? width : -1,
        grouping,
        precision,
        type);
  }

  private static boolean isAlign(int codePoint) {
    return codePoint == '<' || codePoint == '>' || codePoint == '=' || codePoint == '^';
  }

  private static int end(int[] units, int from) {
    int at = from;
    while (at < units.length && Characters.isDecimal(units[at])) {
      at++;
    }
    return at;
  }

  private static long number(int[] units, int from) {
    long number = 0;
    for (int i = from; i < end(units, from); i++) {
      number = number * 10 + Character.digit(units[i], 10);
      if (number > Integer.MAX_VALUE) {
        throw JinjaException.valueError("Too many decimal digits in format string");
      }
    }
    return number;
  }

  private JinjaException unknownType(String objectType) {
    return JinjaException.valueError(
        "Unknown format code '" + type + "' for object of type '" + objectType + "'");
  }

  private Text formatText(Text text, Work work) {
    if (type != 0 && type != 's') {
      throw unknownType("str");
    }
    if (sign != 0) {
      throw JinjaException.valueError("Sign not allowed in string format specifier");
    }
    if (noNegativeZero) {
      throw JinjaException.valueError(
          "Negative zero coercion (z) not allowed in string format specifier");
    }
    if (alternate) {
      throw JinjaException.valueError("Alternate form (#) not allowed in string format specifier");
    }
    if (align == '=') {
      throw JinjaException.valueError("'=' alignment not allowed in string format specifier");
    }
    if (grouping != 0) {
      throw JinjaException.valueError("Cannot specify '" + grouping + "' with 's'.");
    }
    Text kept = precision >= 0 && precision < text.length() ? text.slice(0, (int) precision) : text;
    return padded(kept.asPlain(), '<', work);
  }

  /** A text with fill around it, up to the width. */
  Text padded(Text text, char defaultAlign, Work work) {
    long missing = Math.max(0, width - text.length());
    long left =
        switch (align == 0 ? defaultAlign : align) {
          case '<' -> 0;
          case '^' -> missing / 2;
          default -> missing;
        };
    TextBuilder out = new TextBuilder(work);
    out.repeat(Text.of(fill), left);
    out.add(text);
    out.repeat(Text.of(fill), missing - left);
    return out.build();
  }

  private Text formatInteger(IntValue integer, Value given, Work work) {
    switch (type) {
      case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> {
        return formatFloat(Numbers.toDouble(integer), work);
      }
      case 0, 'd', 'n', 'b', 'o', 'x', 'X', 'c' -> {}
      default -> throw unknownType(given.typeName());
    }
    if (precision >= 0) {
      throw JinjaException.valueError("Precision not allowed in integer format specifier");
    }
    if (noNegativeZero) {
      throw JinjaException.valueError(
          "Negative zero coercion (z) not allowed in format specifier with integer format code '"
              + (type == 0 ? 'd' : type)
              + "'");
    }
    if (grouping != 0
        && (type == 'n' || type == 'c' || grouping == ',' && type != 0 && type != 'd')) {
      throw JinjaException.valueError("Cannot specify '" + grouping + "' with '" + type + "'.");
    }
    if (type == 'c') {
      return formatCharacter(integer, work);
    }
    boolean decimal = type == 0 || type == 'd' || type == 'n';
    String prefix = alternate && !decimal ? "0" + type : "";
    return number(integer.signum() < 0, prefix, digits(integer), "", decimal ? 3 : 4, work);
  }

  /** The digits of an integer without its sign, in the base that the type names. */
  String digits(IntValue integer) {
    BigInteger magnitude = integer.big().abs();
    return switch (type) {
      case 'b' -> magnitude.toString(2);
      case 'o' -> magnitude.toString(8);
      case 'x' -> magnitude.toString(16);
      case 'X' -> magnitude.toString(16).toUpperCase(Locale.ROOT);
      default -> NumberText.of(IntValue.of(magnitude));
    };
  }

  private Text formatCharacter(IntValue integer, Work work) {
    if (sign != 0) {
      throw JinjaException.valueError("Sign not allowed with integer format specifier 'c'");
    }
    if (alternate) {
      throw JinjaException.valueError(
          "Alternate form (#) not allowed with integer format specifier 'c'");
    }
    return padded(character(integer), '<', work);
  }

  /** The character of a code point. */
  static Text character(IntValue code) {
    if (code.clamped() < 0 || code.clamped() > Character.MAX_CODE_POINT) {
      throw JinjaException.of("OverflowError", "%c arg not in range(0x110000)");
    }
    return Text.of(Character.toString((int) code.small()));
  }

  private Text formatFloat(double value, Work work) {
    char kind = type;
    double shown = value;
    long kept = precision < 0 ? DEFAULT_PRECISION : precision;
    String digits;
    switch (type) {
      case 0 -> {
        if (precision < 0 && !alternate) {
          digits = PythonFloat.repr(Math.abs(value));
        } else if (precision < 0) {
          throw JinjaException.notSupported("the format '#' of a float without a type");
        } else {
          digits = FloatFormat.digits(value, 'g', precision, alternate, true, work);
        }
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' ->
          digits = FloatFormat.digits(value, type, kept, alternate, false, work);
      case 'n' -> digits = FloatFormat.digits(value, 'g', kept, alternate, false, work);
      case '%' -> {
        shown = value * 100;
        digits = FloatFormat.digits(shown, 'f', kept, alternate, false, work) + "%";
      }
      default -> throw unknownType("float");
    }
    if (grouping != 0 && kind == 'n') {
      throw JinjaException.valueError("Cannot specify '" + grouping + "' with 'n'.");
    }
    boolean negative = shown < 0 || shown == 0 && 1 / shown < 0;
    if (noNegativeZero && negative && digits.chars().noneMatch(c -> c >= '1' && c <= '9')) {
      negative = false;
    }
    int end = 0;
    while (end < digits.length() && Characters.isAsciiDigit(digits.charAt(end))) {
      end++;
    }
    return number(negative, "", digits.substring(0, end), digits.substring(end), 3, work);
  }

  /** Sign, prefix, grouped digits and what follows them, padded. */
  Text number(boolean negative, String prefix, String digits, String rest, int group, Work work) {
    String signed = negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "";
    String before = signed + prefix;
    boolean inside = align == '=';
    boolean zeroFilled = inside && fill.equals("0");
    long least = zeroFilled ? width - before.length() - rest.length() : 0;
    String grouped = grouped(digits, least, group, work);
    Text body = Text.of(grouped + rest);
    if (inside && !zeroFilled) {
      TextBuilder out = new TextBuilder(work).add(before);
      out.repeat(Text.of(fill), width - before.length() - body.length());
      return out.add(body).build();
    }
    return padded(Text.of(before + body.string()), '>', work);
  }

  private String grouped(String digits, long least, int group, Work work) {
    long missing = Math.max(0, least - digits.length());
    work.characters(2 * missing + digits.length());
    if (grouping == 0 || digits.isEmpty()) {
      return "0".repeat((int) missing) + digits;
    }
    StringBuilder reversed = new StringBuilder();
    int count = 0;
    for (int i = digits.length() - 1; i >= 0 || reversed.length() < least; i--) {
      if (count > 0 && count % group == 0) {
        reversed.append(grouping);
      }
      reversed.append(i >= 0 ? digits.charAt(i) : '0');
      count++;
    }
    return reversed.reverse().toString();
  }
}
