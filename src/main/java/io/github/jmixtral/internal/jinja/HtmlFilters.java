package io.github.jmixtral.internal.jinja;

import java.util.Map;

/** Filters for HTML. */
final class HtmlFilters {
  private HtmlFilters() {}

  static void addTo(Map<String, Filter> filters) {
    for (String name : new String[] {"e", "escape"}) {
      Filter.add(filters, name, "escape(s, /)", (a, r) -> Html.escape(a[0], r.work()));
    }
    Filter.add(
        filters,
        "forceescape",
        "do_forceescape(value)",
        (a, r) -> Html.escape(Printing.str(a[0], r.work()), r.work()));
    Filter.add(
        filters, "safe", "do_mark_safe(value)", (a, r) -> Printing.str(a[0], r.work()).asMarkup());
    Filter.add(
        filters,
        "striptags",
        "do_striptags(value)",
        (a, r) -> Html.stripTags(Printing.str(a[0], r.work()), r.work()));
    Filter.add(filters, "xmlattr", "do_xmlattr(d, autospace=)", HtmlFilters::attributes);
    Filter.add(
        filters,
        "urlize",
        "do_urlize(value, trim_url_limit=, nofollow=, target=, rel=, extra_schemes=)",
        (a, r) -> Links.link(a, r).asMarkupIf(r.autoescape()));
  }

  private static Value attributes(Value[] a, Rendering rendering) {
    Work work = rendering.work();
    if (!(a[0] instanceof DictValue dict)) {
      if (a[0] instanceof Undefined missing) {
        throw missing.failure();
      }
      throw JinjaException.of(
          "AttributeError", "'" + a[0].typeName() + "' object has no attribute 'items'");
    }
    TextBuilder out = new TextBuilder(work);
    boolean spaced = a[1] == null || Truth.of(a[1]);
    for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
      if (entry.getValue() == NoneValue.NONE || entry.getValue() instanceof Undefined) {
        continue;
      }
      if (!(entry.getKey().value() instanceof Text key)) {
        throw JinjaException.typeError("expected string or bytes-like object");
      }
      if (key.string().chars().anyMatch(c -> "/>= \t\n\r\f\u000B".indexOf(c) >= 0)) {
        throw JinjaException.valueError(
            "Invalid character in attribute name: " + Printing.quoted(key.string()));
      }
      if (spaced || out.length() > 0) {
        out.add(" ");
      }
      out.add(Html.escape(key, work)).add("=\"").add(Html.escape(entry.getValue(), work)).add("\"");
    }
    return out.build().asMarkupIf(rendering.autoescape());
  }
}
