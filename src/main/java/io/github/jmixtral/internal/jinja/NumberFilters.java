package io.github.jmixtral.internal.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters for numbers. */
final class NumberFilters {
  private static final List<String> DECIMAL_UNITS =
      List.of("kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB");
  private static final List<String> BINARY_UNITS =
      List.of("KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB");

  private NumberFilters() {}

  static void addTo(Map<String, Filter> filters) {
    Filter.add(
        filters,
        "abs",
        "abs(x, /)",
        (a, _) -> {
          if (!Numbers.isNumber(a[0])) {
            throw JinjaException.typeError("bad operand type for abs(): '" + a[0].typeName() + "'");
          }
          return Numbers.absolute(a[0]);
        });
    Filter.add(filters, "int", "do_int(value, default=, base=)", (a, _) -> toInt(a));
    Filter.add(
        filters,
        "float",
        "do_float(value, default=)",
        (a, _) -> {
          FloatValue number = toFloat(a[0]);
          return number != null ? number : a[1] != null ? a[1] : new FloatValue(0);
        });
    Filter.add(
        filters, "round", "do_round(value, precision=, method=)", (a, r) -> round(a, r.work()));
    Filter.add(
        filters,
        "filesizeformat",
        "do_filesizeformat(value, binary=)",
        (a, r) -> fileSize(a[0], a[1] != null && Truth.of(a[1]), r.work()));
  }

  private static Value toInt(Value[] a) {
    Value value = a[0];
    Value otherwise = a[1] != null ? a[1] : IntValue.ZERO;
    if (value instanceof Text text) {
      IntValue given = a[2] == null ? IntValue.of(10) : Numbers.integer(a[2]);
      long base = given == null ? -1 : given.clamped();
      boolean possible = base == 0 || base >= 2 && base <= 36;
      IntValue integer = possible ? NumberText.parseInt(text.string(), (int) base) : null;
      if (integer != null) {
        return integer;
      }
      Double number = NumberText.parseFloat(text.string());
      return number != null && !number.isNaN() && !number.isInfinite()
          ? Numbers.truncate(number)
          : otherwise;
    }
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    if (value instanceof FloatValue number) {
      return Double.isNaN(number.value()) ? otherwise : Numbers.truncate(number.value());
    }
    IntValue integer = Numbers.integer(value);
    return integer != null ? integer : otherwise;
  }

  /** {@code float(value)}; null if Python has none. */
  private static @Nullable FloatValue toFloat(Value value) {
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    if (value instanceof Text text) {
      Double number = NumberText.parseFloat(text.string());
      return number == null ? null : new FloatValue(number);
    }
    return Numbers.isNumber(value) ? new FloatValue(Numbers.toDouble(value)) : null;
  }

  private static Value round(Value[] a, Work work) {
    if (a[2] != null) {
      Key.of(a[2], work);
    }
    String method = a[2] == null ? "common" : a[2] instanceof Text text ? text.string() : "";
    if (!method.equals("common") && !method.equals("ceil") && !method.equals("floor")) {
      throw JinjaException.filterArgument("method must be common, ceil or floor");
    }
    Value precision = a[1] == null ? IntValue.ZERO : a[1];
    if (method.equals("common")) {
      if (!Numbers.isNumber(a[0])) {
        throw JinjaException.typeError(
            "type " + a[0].typeName() + " doesn't define __round__ method");
      }
      if (precision == NoneValue.NONE) {
        return Numbers.round(a[0]);
      }
      IntValue digits = Numbers.integer(precision);
      return Numbers.round(a[0], digits != null ? digits.clamped() : Numbers.index(precision));
    }
    Value factor = Operators.apply(Operators.Binary.POWER, IntValue.of(10), precision, work);
    Value scaled = Operators.apply(Operators.Binary.MULTIPLY, a[0], factor, work);
    if (!Numbers.isNumber(scaled)) {
      throw JinjaException.typeError("must be real number, not " + scaled.typeName());
    }
    Value whole = scaled;
    if (scaled instanceof FloatValue number) {
      whole =
          Numbers.truncate(
              method.equals("ceil") ? Math.ceil(number.value()) : Math.floor(number.value()));
    }
    return Operators.apply(Operators.Binary.DIVIDE, whole, factor, work);
  }

  private static Value fileSize(Value value, boolean binary, Work work) {
    FloatValue size = toFloat(value);
    if (size == null) {
      throw value instanceof Text text
          ? JinjaException.valueError(
              "could not convert string to float: " + Printing.quoted(text.string()))
          : JinjaException.typeError(
              "float() argument must be a string or a real number, not '" + value.typeName() + "'");
    }
    double bytes = size.value();
    int base = binary ? 1024 : 1000;
    if (bytes == 1) {
      return Text.of("1 Byte");
    }
    if (bytes < base) {
      return Text.of(NumberText.of(Numbers.truncate(bytes)) + " Bytes");
    }
    List<String> units = binary ? BINARY_UNITS : DECIMAL_UNITS;
    int index = 0;
    double unit = Math.pow(base, 2);
    while (index < units.size() - 1 && !(bytes < unit)) {
      index++;
      unit = Math.pow(base, index + 2);
    }
    String digits = FloatFormat.digits(base * bytes / unit, 'f', 1, false, false, work);
    return Text.of(digits + " " + units.get(index));
  }
}
