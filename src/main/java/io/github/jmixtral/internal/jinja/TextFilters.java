package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Filters that change a text. */
final class TextFilters {
  private TextFilters() {}

  static void addTo(Map<String, Filter> filters) {
    addCase(filters, "upper", CaseMapping::upper);
    addCase(filters, "lower", CaseMapping::lower);
    addCase(filters, "capitalize", CaseMapping::capitalize);
    Filter.add(
        filters,
        "title",
        "do_title(s)",
        (a, r) -> title(Printing.softStr(a[0], r.work()), r.work()));
    Filter.add(
        filters,
        "trim",
        "do_trim(value, chars=)",
        (a, r) -> {
          Text text = Printing.softStr(a[0], r.work());
          return StringMethods.strip("strip", text, a[1], true, true).asMarkupIf(text.isMarkup());
        });
    Filter.add(filters, "replace", "do_replace(s, old, new, count=)", (a, r) -> replace(a, r));
    Filter.add(filters, "string", "soft_str(s, /)", (a, r) -> Printing.softStr(a[0], r.work()));
    Filter.add(filters, "join", "do_join(value, d=, attribute=)", TextFilters::join);
    filters.put(
        "format",
        new Filter(
            false, (value, arguments, rendering) -> format(value, arguments, rendering.work())));
    Filter.add(
        filters,
        "wordcount",
        "do_wordcount(s)",
        (a, r) -> wordCount(Printing.softStr(a[0], r.work())));
    Filter.add(filters, "tojson", signature(), (a, r) -> ToJsonFilter.write(a, r.work()));
    Filter.add(
        filters, "urlencode", "do_urlencode(value)", (a, r) -> UrlEncoding.encode(a[0], r.work()));
  }

  private static String signature() {
    return ToJsonFilter.SIGNATURE.name() + "(x, ensure_ascii=, indent=, separators=, sort_keys=)";
  }

  private static void addCase(
      Map<String, Filter> filters, String name, UnaryOperator<String> mapping) {
    Filter.add(
        filters,
        name,
        "do_" + name + "(s)",
        (a, r) -> {
          Text text = Printing.softStr(a[0], r.work());
          r.work().characters(3L * text.units());
          return text.changedTo(mapping.apply(text.string())).asMarkupIf(text.isMarkup());
        });
  }

  /** Each word, as hyphens, brackets and white space begin it, with a capital. */
  private static Value title(Text text, Work work) {
    work.characters(3L * text.units());
    StringBuilder out = new StringBuilder(text.units());
    String string = text.string();
    int from = 0;
    while (from < string.length()) {
      boolean between = isWordBorder(string.charAt(from));
      int end = from;
      while (end < string.length() && isWordBorder(string.charAt(end)) == between) {
        end++;
      }
      int second = string.offsetByCodePoints(from, 1);
      out.append(CaseMapping.upper(string.substring(from, second)))
          .append(CaseMapping.lower(string.substring(second, end)));
      from = end;
    }
    return text.changedTo(out.toString());
  }

  private static boolean isWordBorder(char unit) {
    return "-({[<".indexOf(unit) >= 0 || Characters.isSpace(unit);
  }

  private static Value replace(Value[] a, Rendering rendering) {
    Work work = rendering.work();
    long most = a[3] == null || a[3] == NoneValue.NONE ? -1 : Numbers.index(a[3]);
    if (!rendering.autoescape()) {
      return StringSearch.replace(
          Printing.str(a[0], work), Printing.str(a[1], work), Printing.str(a[2], work), most, work);
    }
    boolean escaped = isMarkup(a[1]) || isMarkup(a[2]) && !isMarkup(a[0]);
    Text text = escaped ? Html.escape(a[0], work) : Printing.softStr(a[0], work);
    Text by = Printing.softStr(a[2], work);
    return StringSearch.replace(
            text,
            Printing.softStr(a[1], work),
            text.isMarkup() ? Html.escape(by, work) : by,
            most,
            work)
        .asMarkupIf(text.isMarkup());
  }

  private static boolean isMarkup(Value value) {
    return value instanceof Text text && text.isMarkup();
  }

  private static Value join(Value[] a, Rendering rendering) {
    Work work = rendering.work();
    Value separator = a[1] == null ? Text.EMPTY : a[1];
    AttributePath path = AttributePath.of(a[2], work);
    List<Value> values = new ArrayList<>();
    Sequences.iterator(a[0], work).forEachRemaining(value -> values.add(path.get(value, work)));
    if (!rendering.autoescape()) {
      return Printing.join(
          Printing.str(separator, work),
          values.stream().map(value -> Printing.str(value, work)).toList(),
          work);
    }
    Text glue;
    if (isMarkup(separator)) {
      glue = (Text) separator;
    } else {
      boolean escaped = values.stream().anyMatch(TextFilters::isMarkup);
      glue = escaped ? Html.escape(separator, work) : Printing.str(separator, work);
    }
    List<Value> texts = values.stream().<Value>map(value -> Printing.softStr(value, work)).toList();
    return StringMethods.join(glue, new ListValue(texts), work).asMarkupIf(glue.isMarkup());
  }

  private static Value format(Value value, Arguments arguments, Work work) {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw JinjaException.filterArgument(
          "can't handle positional and keyword arguments at the same time");
    }
    Text format = Printing.softStr(value, work);
    if (arguments.named().isEmpty()) {
      return PercentFormat.format(format, new TupleValue(arguments.positional()), work);
    }
    DictValue named = new DictValue();
    arguments.named().forEach((name, given) -> named.put(Text.of(name), given, work));
    return PercentFormat.format(format, named, work);
  }

  private static Value wordCount(Text text) {
    int count = 0;
    boolean inWord = false;
    for (int codePoint : text.string().codePoints().toArray()) {
      boolean word = Characters.isWord(codePoint);
      count += word && !inWord ? 1 : 0;
      inWord = word;
    }
    return IntValue.of(count);
  }
}
