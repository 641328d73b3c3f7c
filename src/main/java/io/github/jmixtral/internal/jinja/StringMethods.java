package io.github.jmixtral.internal.jinja;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The methods of {@code str}. */
final class StringMethods {
  /** What a method does with a text and its arguments, null for those that were not given. */
  private interface Body {
    Value call(Text self, Value[] arguments, Work work);
  }

  private record Method(Signature signature, Body body) {}

  /** Methods of markup that do not give markup. */
  private static final Set<String> PLAIN_OF_MARKUP = Set.of("encode", "maketrans");

  private static final Map<String, Method> METHODS = methods();

  private StringMethods() {}

  /** Null if strings have no such method. */
  static @Nullable Value find(Text self, String name) {
    if (name.equals("format") || name.equals("format_map")) {
      return new Function(
          name,
          "function",
          (rendering, arguments) -> format(self, name, arguments, rendering.work()));
    }
    if (self.isMarkup()
        && (name.equals("unescape") || name.equals("striptags") || name.equals("escape"))) {
      return new Function(
          name,
          "method",
          (rendering, arguments) -> ofMarkup(self, name, arguments, rendering.work()));
    }
    Method method = METHODS.get(name);
    if (method == null) {
      return null;
    }
    return Function.builtin(
        name,
        (rendering, arguments) -> {
          Work work = rendering.work();
          work.steps(1 + self.units() / 16);
          Value result = method.body().call(self, method.signature().bind(arguments), work);
          return self.isMarkup() && !PLAIN_OF_MARKUP.contains(name) ? marked(result) : result;
        });
  }

  static boolean has(String name) {
    return METHODS.containsKey(name) || name.equals("format") || name.equals("format_map");
  }

  private static Value marked(Value value) {
    return switch (value) {
      case Text text -> text.asMarkup();
      case ListValue list ->
          new ListValue(list.elements().stream().map(StringMethods::marked).toList());
      case TupleValue tuple ->
          new TupleValue(tuple.elements().stream().map(StringMethods::marked).toList());
      default -> value;
    };
  }

  private static Value format(Text self, String name, Arguments arguments, Work work) {
    if (name.equals("format")) {
      DictValue named = new DictValue();
      arguments.named().forEach((key, value) -> named.put(Text.of(key), value, work));
      return StringFormat.format(self, arguments.positional(), named, work);
    }
    Value[] bound = Signature.of("format_map(mapping, /)").bind(arguments);
    return StringFormat.format(self, List.of(), bound[0], work);
  }

  private static Value ofMarkup(Text self, String name, Arguments arguments, Work work) {
    if (name.equals("escape")) {
      return Html.escape(Signature.of("escape(s, /)").bind(arguments)[0], work);
    }
    Signature.of(name + "()").bind(arguments);
    return name.equals("striptags")
        ? Html.stripTags(self, work)
        : Text.from(Html.unescape(self.string()), self);
  }

  private static Map<String, Method> methods() {
    Map<String, Method> methods = new HashMap<>();
    addCases(methods);
    addTests(methods);
    addSearches(methods);
    addParts(methods);
    addLayout(methods);
    addTables(methods);
    return Map.copyOf(methods);
  }

  private static void add(Map<String, Method> methods, String signature, Body body) {
    Signature parsed = Signature.of(signature);
    methods.put(parsed.name(), new Method(parsed, body));
  }

  private static void addCases(Map<String, Method> methods) {
    addCase(methods, "upper()", CaseMapping::upper);
    addCase(methods, "lower()", CaseMapping::lower);
    addCase(methods, "title()", CaseMapping::title);
    addCase(methods, "capitalize()", CaseMapping::capitalize);
    addCase(methods, "swapcase()", CaseMapping::swapCase);
    addCase(methods, "casefold()", CaseMapping::caseFold);
  }

  private static void addCase(
      Map<String, Method> methods, String signature, UnaryOperator<String> mapping) {
    add(
        methods,
        signature,
        (self, _, work) -> {
          work.characters(3L * self.units());
          return self.changedTo(mapping.apply(self.string()));
        });
  }

  private static void addTests(Map<String, Method> methods) {
    addTest(methods, "isalpha()", Characters::isAlpha);
    addTest(methods, "isalnum()", Characters::isAlphanumeric);
    addTest(methods, "isdecimal()", Characters::isDecimal);
    addTest(methods, "isdigit()", Characters::isDigit);
    addTest(methods, "isnumeric()", Characters::isNumeric);
    addTest(methods, "isspace()", Characters::isSpace);
    add(methods, "islower()", (self, _, _) -> BoolValue.of(CaseMapping.isLower(self.string())));
    add(methods, "isupper()", (self, _, _) -> BoolValue.of(CaseMapping.isUpper(self.string())));
    add(methods, "istitle()", (self, _, _) -> BoolValue.of(CaseMapping.isTitle(self.string())));
    add(
        methods,
        "isidentifier()",
        (self, _, _) -> BoolValue.of(Characters.isIdentifier(self.string())));
    add(
        methods,
        "isascii()",
        (self, _, _) -> BoolValue.of(self.string().chars().allMatch(unit -> unit < 128)));
    add(
        methods,
        "isprintable()",
        (self, _, _) -> BoolValue.of(self.string().codePoints().allMatch(Characters::isPrintable)));
  }

  private static void addTest(Map<String, Method> methods, String signature, IntPredicate such) {
    add(methods, signature, (self, _, _) -> BoolValue.of(Characters.all(self.string(), such)));
  }

  private static void addSearches(Map<String, Method> methods) {
    add(methods, "find(sub, start=, end=, /)", (self, a, _) -> IntValue.of(find(self, a, false)));
    add(methods, "rfind(sub, start=, end=, /)", (self, a, _) -> IntValue.of(find(self, a, true)));
    add(methods, "index(sub, start=, end=, /)", (self, a, _) -> found(find(self, a, false)));
    add(methods, "rindex(sub, start=, end=, /)", (self, a, _) -> found(find(self, a, true)));
    add(methods, "count(sub, start=, end=, /)", (self, a, _) -> count(self, a));
    add(
        methods,
        "startswith(prefix, start=, end=, /)",
        (self, a, _) -> BoolValue.of(matches("startswith", self, a, String::startsWith)));
    add(
        methods,
        "endswith(suffix, start=, end=, /)",
        (self, a, _) -> BoolValue.of(matches("endswith", self, a, String::endsWith)));
  }

  /** The code points from and to which a search goes; null if there are none. */
  private static int @Nullable [] bounds(Text self, Value start, Value end) {
    long length = self.length();
    long from = start == null || start == NoneValue.NONE ? 0 : sliceIndex(start);
    long to = end == null || end == NoneValue.NONE ? length : sliceIndex(end);
    to = Math.min(to, length);
    to = to < 0 ? Math.max(0, to + length) : to;
    from = from < 0 ? Math.max(0, from + length) : from;
    return from > to ? null : new int[] {(int) from, (int) to};
  }

  private static long sliceIndex(Value value) {
    IntValue index = Numbers.integer(value);
    if (index == null) {
      throw JinjaException.typeError(
          "slice indices must be integers or None or have an __index__ method");
    }
    return Math.clamp(index.clamped(), -Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  private static long find(Text self, Value[] arguments, boolean last) {
    Text sub = text(arguments[0], "must be str, not ");
    int[] bounds = bounds(self, arguments[1], arguments[2]);
    if (bounds == null) {
      return -1;
    }
    Text part = self.slice(bounds[0], bounds[1]);
    int unit = last ? part.string().lastIndexOf(sub.string()) : part.string().indexOf(sub.string());
    return unit < 0 ? -1 : bounds[0] + (long) part.codePointOf(unit);
  }

  private static Value found(long place) {
    if (place < 0) {
      throw JinjaException.valueError("substring not found");
    }
    return IntValue.of(place);
  }

  private static Value count(Text self, Value[] arguments) {
    Text sub = text(arguments[0], "must be str, not ");
    int[] bounds = bounds(self, arguments[1], arguments[2]);
    if (bounds == null) {
      return IntValue.ZERO;
    }
    if (sub.isEmpty()) {
      return IntValue.of(bounds[1] - bounds[0] + 1L);
    }
    return IntValue.of(StringSearch.split(self.slice(bounds[0], bounds[1]), sub, -1).size() - 1L);
  }

  private interface Match {
    boolean test(String text, String part);
  }

  private static boolean matches(String name, Text self, Value[] arguments, Match match) {
    List<Value> parts =
        arguments[0] instanceof TupleValue tuple ? tuple.elements() : List.of(arguments[0]);
    int[] bounds = bounds(self, arguments[1], arguments[2]);
    for (Value part : parts) {
      if (!(part instanceof Text text)) {
        throw JinjaException.typeError(
            arguments[0] instanceof TupleValue
                ? "tuple for " + name + " must only contain str, not " + part.typeName()
                : name + " first arg must be str or a tuple of str, not " + part.typeName());
      }
      if (bounds != null && match.test(self.slice(bounds[0], bounds[1]).string(), text.string())) {
        return true;
      }
    }
    return false;
  }

  private static void addParts(Map<String, Method> methods) {
    add(
        methods,
        "split(sep=, maxsplit=)",
        (self, a, work) -> {
          long most = a[1] == null ? -1 : Numbers.index(a[1]);
          return texts(
              isNone(a[0])
                  ? StringSearch.splitWords(self, most)
                  : StringSearch.split(self, text(a[0], "must be str or None, not "), most),
              work);
        });
    add(
        methods,
        "rsplit(sep=, maxsplit=)",
        (self, a, work) -> {
          long most = a[1] == null ? -1 : Numbers.index(a[1]);
          return texts(
              isNone(a[0])
                  ? StringSearch.splitWordsFromRight(self, most)
                  : StringSearch.splitFromRight(
                      self, text(a[0], "must be str or None, not "), most),
              work);
        });
    add(
        methods,
        "splitlines(keepends=)",
        (self, a, work) ->
            texts(StringSearch.splitLines(self, a[0] != null && Numbers.index(a[0]) != 0), work));
    add(methods, "strip(chars=, /)", (self, a, _) -> strip("strip", self, a[0], true, true));
    add(methods, "lstrip(chars=, /)", (self, a, _) -> strip("lstrip", self, a[0], true, false));
    add(methods, "rstrip(chars=, /)", (self, a, _) -> strip("rstrip", self, a[0], false, true));
    add(
        methods,
        "partition(sep, /)",
        (self, a, _) -> {
          Text separator = text(a[0], "must be str, not ");
          List<Text> parts = StringSearch.split(self, separator, 1);
          return parts.size() == 1
              ? TupleValue.of(self.asPlain(), Text.EMPTY, Text.EMPTY)
              : TupleValue.of(parts.getFirst(), separator.asPlain(), parts.getLast());
        });
    add(
        methods,
        "rpartition(sep, /)",
        (self, a, _) -> {
          Text separator = text(a[0], "must be str, not ");
          List<Text> parts = StringSearch.splitFromRight(self, separator, 1);
          return parts.size() == 1
              ? TupleValue.of(Text.EMPTY, Text.EMPTY, self.asPlain())
              : TupleValue.of(parts.getFirst(), separator.asPlain(), parts.getLast());
        });
    add(
        methods,
        "removeprefix(prefix, /)",
        (self, a, _) -> {
          Text prefix = text(a[0], "removeprefix() argument must be str, not ");
          return self.string().startsWith(prefix.string())
              ? self.part(prefix.units(), self.units())
              : self.asPlain();
        });
    add(
        methods,
        "removesuffix(suffix, /)",
        (self, a, _) -> {
          Text suffix = text(a[0], "removesuffix() argument must be str, not ");
          return self.string().endsWith(suffix.string())
              ? self.part(0, self.units() - suffix.units())
              : self.asPlain();
        });
    add(
        methods,
        "replace(old, new, count=, /)",
        (self, a, work) -> {
          Text old = text(a[0], "replace() argument 1 must be str, not ");
          Text by = text(a[1], "replace() argument 2 must be str, not ");
          long most = a[2] == null ? -1 : Numbers.index(a[2]);
          return StringSearch.replace(
              self, old, self.isMarkup() ? Html.escape(by, work) : by, most, work);
        });
    add(methods, "join(iterable, /)", (self, a, work) -> join(self, a[0], work));
  }

  static Text join(Text self, Value values, Work work) {
    if (!Sequences.isIterable(values)) {
      throw JinjaException.typeError("can only join an iterable");
    }
    List<Text> parts = new ArrayList<>();
    for (Value part : Sequences.list(values, work)) {
      if (self.isMarkup()) {
        parts.add(Html.escape(part, work));
      } else if (part instanceof Text text) {
        parts.add(text);
      } else {
        throw JinjaException.typeError(
            "sequence item "
                + parts.size()
                + ": expected str instance, "
                + part.typeName()
                + " found");
      }
    }
    return Printing.join(self, parts, work);
  }

  /** Texts in a list, counted. */
  private static Value texts(List<Text> texts, Work work) {
    work.steps(texts.size());
    return new ListValue(List.copyOf(texts));
  }

  static Text strip(String name, Text self, Value characters, boolean left, boolean right) {
    if (isNone(characters)) {
      return StringSearch.strip(self, left, right, Characters::isSpace);
    }
    if (!(characters instanceof Text text)) {
      throw JinjaException.typeError(name + " arg must be None or str");
    }
    return StringSearch.strip(self, left, right, c -> text.string().indexOf(c) >= 0);
  }

  private static boolean isNone(Value value) {
    return value == null || value == NoneValue.NONE;
  }

  private static Text text(Value value, String otherwise) {
    if (value instanceof Text text) {
      return text;
    }
    throw JinjaException.typeError(otherwise + value.typeName());
  }

  private static void addLayout(Map<String, Method> methods) {
    add(
        methods,
        "center(width, fillchar=, /)",
        (self, a, work) -> center(self, Numbers.index(a[0]), fill(self, a[1], work), work));
    add(
        methods,
        "ljust(width, fillchar=, /)",
        (self, a, work) -> {
          long missing = Numbers.index(a[0]) - self.length();
          return padded(self, 0, missing, fill(self, a[1], work), work);
        });
    add(
        methods,
        "rjust(width, fillchar=, /)",
        (self, a, work) -> {
          long missing = Numbers.index(a[0]) - self.length();
          return padded(self, missing, 0, fill(self, a[1], work), work);
        });
    add(
        methods,
        "zfill(width, /)",
        (self, a, work) -> {
          long missing = Numbers.index(a[0]) - self.length();
          boolean signed = self.string().startsWith("+") || self.string().startsWith("-");
          TextBuilder out = new TextBuilder(work);
          out.add(self, 0, signed ? 1 : 0);
          out.repeat(Text.of("0"), missing);
          out.add(self, signed ? 1 : 0, self.units());
          return out.build();
        });
    add(
        methods,
        "expandtabs(tabsize=)",
        (self, a, work) -> expandTabs(self, a[0] == null ? 8 : Numbers.index(a[0]), work));
  }

  private static Text fill(Text self, Value given, Work work) {
    if (given == null) {
      return Text.of(" ");
    }
    Text fill = text(given, "The fill character must be a unicode character, not ");
    fill = self.isMarkup() ? Html.escape(fill, work) : fill;
    if (fill.length() != 1) {
      throw JinjaException.typeError("The fill character must be exactly one character long");
    }
    return fill;
  }

  static Text center(Text self, long width, Text fill, Work work) {
    long missing = Math.max(0, width - self.length());
    long left = missing / 2 + (missing & width & 1);
    return padded(self, left, missing - left, fill, work);
  }

  private static Text padded(Text self, long left, long right, Text fill, Work work) {
    TextBuilder out = new TextBuilder(work);
    out.repeat(fill, left);
    out.add(self);
    out.repeat(fill, right);
    return out.build();
  }

  private static Text expandTabs(Text self, long size, Work work) {
    TextBuilder out = new TextBuilder(work);
    Text space = Text.of(" ");
    long column = 0;
    for (int i = 0; i < self.units(); ) {
      int codePoint = self.string().codePointAt(i);
      int next = i + Character.charCount(codePoint);
      if (codePoint == '\t') {
        long width = size > 0 ? size - column % size : 0;
        out.repeat(space, width);
        column += width;
      } else {
        out.add(self, i, next);
        column = codePoint == '\n' || codePoint == '\r' ? 0 : column + 1;
      }
      i = next;
    }
    return out.build();
  }

  private static void addTables(Map<String, Method> methods) {
    add(methods, "translate(table, /)", (self, a, work) -> translate(self, a[0], work));
    add(methods, "maketrans(x, y=, z=, /)", (_, a, work) -> table(a, work));
    add(
        methods,
        "encode(encoding=, errors=)",
        (self, a, work) -> {
          work.characters(4L * self.units());
          return encode(self, a[0], a[1]);
        });
  }

  private static Text translate(Text self, Value table, Work work) {
    TextBuilder out = new TextBuilder(work);
    if (!Sequences.hasItems(table) && !self.isEmpty()) {
      throw JinjaException.typeError("'" + table.typeName() + "' object is not subscriptable");
    }
    for (int i = 0; i < self.units(); ) {
      work.step();
      int codePoint = self.string().codePointAt(i);
      int next = i + Character.charCount(codePoint);
      Value by = Sequences.item(table, IntValue.of(codePoint), work);
      switch (by) {
        case null -> out.add(self, i, next);
        case NoneValue _ -> {}
        case Text text -> out.add(text);
        case IntValue code when code.clamped() >= 0 && code.clamped() <= Character.MAX_CODE_POINT ->
            out.add(Character.toString((int) code.small()), self.part(i, next));
        default ->
            throw JinjaException.typeError("character mapping must return integer, None or str");
      }
      i = next;
    }
    return out.build();
  }

  private static Value table(Value[] arguments, Work work) {
    DictValue table = new DictValue();
    if (arguments[1] == null) {
      if (!(arguments[0] instanceof DictValue dict)) {
        throw JinjaException.typeError(
            "if you give only one argument to maketrans it must be a dict");
      }
      for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
        work.step();
        Value key = entry.getKey().value();
        if (key instanceof Text text && text.length() != 1) {
          throw JinjaException.valueError("string keys in translate table must be of length 1");
        }
        table.put(
            key instanceof Text text ? IntValue.of(text.string().codePointAt(0)) : key,
            entry.getValue(),
            work);
      }
      return table;
    }
    int[] from =
        text(arguments[0], "maketrans() argument must be str, not ")
            .string()
            .codePoints()
            .toArray();
    int[] to =
        text(arguments[1], "maketrans() argument must be str, not ")
            .string()
            .codePoints()
            .toArray();
    if (from.length != to.length) {
      throw JinjaException.valueError("the first two maketrans arguments must have equal length");
    }
    work.steps(from.length);
    for (int i = 0; i < from.length; i++) {
      table.put(IntValue.of(from[i]), IntValue.of(to[i]), work);
    }
    if (arguments[2] != null) {
      text(arguments[2], "maketrans() argument 3 must be str, not ")
          .string()
          .codePoints()
          .forEach(codePoint -> table.put(IntValue.of(codePoint), NoneValue.NONE, work));
    }
    return table;
  }

  private static Value encode(Text self, Value encoding, Value errors) {
    Charset charset = charset(encoding);
    try {
      ByteBuffer encoded =
          charset
              .newEncoder()
              .onMalformedInput(action(errors))
              .onUnmappableCharacter(action(errors))
              .encode(CharBuffer.wrap(self.string()));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return new BytesValue(bytes, self.isWritten());
    } catch (CharacterCodingException e) {
      throw JinjaException.of(
          "UnicodeEncodeError", "the text has characters that the encoding has not");
    }
  }

  /** {@code bytes.decode}. */
  static Value decode(BytesValue bytes, Arguments arguments) {
    Value[] bound = Signature.of("decode(encoding=, errors=)").bind(arguments);
    try {
      String decoded =
          charset(bound[0])
              .newDecoder()
              .onMalformedInput(action(bound[1]))
              .onUnmappableCharacter(action(bound[1]))
              .decode(ByteBuffer.wrap(bytes.bytes()))
              .toString();
      return bytes.isWritten() ? Text.written(decoded) : Text.of(decoded);
    } catch (CharacterCodingException e) {
      throw JinjaException.of("UnicodeDecodeError", "the bytes are not of the encoding");
    }
  }

  private static Charset charset(Value encoding) {
    String name =
        encoding == null
            ? "utf8"
            : text(encoding, "encode() argument 'encoding' must be str, not ")
                .string()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[-_ ]", "");
    return switch (name) {
      case "utf8" -> StandardCharsets.UTF_8;
      case "ascii", "usascii" -> StandardCharsets.US_ASCII;
      case "latin1", "iso88591" -> StandardCharsets.ISO_8859_1;
      default -> {
        if (isKnown(name)) {
          throw JinjaException.notSupported("the encoding " + Printing.quoted(name));
        }
        throw JinjaException.of("LookupError", "unknown encoding: " + name);
      }
    };
  }

  private static boolean isKnown(String name) {
    return name.startsWith("utf")
        || name.startsWith("iso")
        || name.startsWith("cp")
        || name.length() > 2
            && Charset.availableCharsets().keySet().stream()
                .anyMatch(
                    known -> known.toLowerCase(Locale.ROOT).replaceAll("[-_]", "").equals(name));
  }

  private static CodingErrorAction action(Value errors) {
    String name =
        errors == null
            ? "strict"
            : text(errors, "encode() argument 'errors' must be str, not ").string();
    return switch (name) {
      case "strict" -> CodingErrorAction.REPORT;
      case "ignore" -> CodingErrorAction.IGNORE;
      case "replace" -> CodingErrorAction.REPLACE;
      default -> throw JinjaException.notSupported("the error handler " + Printing.quoted(name));
    };
  }
}
