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
  }
}
