package io.github.jmixtral.internal.jinja;

import java.util.List;
import java.util.Map;

/** The functions that every template sees. */
final class Globals {
  private static final Signature RAISE = Signature.of("raise_exception(message)");
  private static final Signature STRFTIME = Signature.of("strftime_now(format)");
  private static final Signature LIPSUM =
      Signature.of("generate_lorem_ipsum(n=, html=, min=, max=)");

  static final Map<String, Value> ALL =
      Map.of(
          "range",
          new Function("range", "function", (_, arguments) -> range(arguments)),
          "dict",
          TypeValue.DICT,
          "lipsum",
          new Function("lipsum", "function", (_, arguments) -> lipsum(arguments)),
          "cycler",
          TypeValue.CYCLER,
          "joiner",
          TypeValue.JOINER,
          "namespace",
          TypeValue.NAMESPACE,
          "raise_exception",
          new Function("raise_exception", "function", Globals::raise),
          "strftime_now",
          new Function("strftime_now", "function", Globals::strftime));

  private Globals() {}

  private static Value range(Arguments arguments) {
    if (!arguments.named().isEmpty()) {
      throw JinjaException.typeError(
          "safe_range() got an unexpected keyword argument "
              + Printing.quoted(arguments.named().keySet().iterator().next()));
    }
    List<Value> given = arguments.positional();
    if (given.isEmpty() || given.size() > 3) {
      throw JinjaException.typeError(
          "range expected at "
              + (given.isEmpty() ? "least 1 argument" : "most 3 arguments")
              + ", got "
              + given.size());
    }
    long[] numbers = given.stream().mapToLong(Numbers::index).toArray();
    if (numbers.length == 3 && numbers[2] == 0) {
      throw JinjaException.valueError("range() arg 3 must not be zero");
    }
    RangeValue range =
        RangeValue.of(
            numbers.length == 1 ? 0 : numbers[0],
            numbers.length == 1 ? numbers[0] : numbers[1],
            numbers.length == 3 ? numbers[2] : 1);
    if (range.length() > RangeValue.LONGEST) {
      throw JinjaException.of(
          "OverflowError",
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE ("
              + RangeValue.LONGEST
              + ").");
    }
    return range;
  }

  /** Random words: none can be asked for. */
  private static Value lipsum(Arguments arguments) {
    Value[] bound = LIPSUM.bind(arguments);
    if (bound[0] != null && Numbers.index(bound[0]) <= 0) {
      return Text.EMPTY.asMarkupIf(bound[1] == null || Truth.of(bound[1]));
    }
    throw JinjaException.notSupported("lipsum, which writes random words,");
  }

  private static Value raise(Rendering rendering, Arguments arguments) {
    Text message = Printing.str(RAISE.bind(arguments)[0], rendering.work());
    throw JinjaException.of("TemplateError", message.string());
  }

  private static Value strftime(Rendering rendering, Arguments arguments) {
    Value format = STRFTIME.bind(arguments)[0];
    if (!(format instanceof Text text)) {
      throw JinjaException.typeError("strftime() argument 1 must be str, not " + format.typeName());
    }
    return Strftime.format(text, rendering);
  }
}
