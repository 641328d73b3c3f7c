package io.github.jmixtral.internal.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filters by name. */
final class Filters {
  /** Filters of Jinja2 that lay out text for people, which no chat template does. */
  private static final List<String> NOT_SUPPORTED =
      List.of("pprint", "urlize", "wordwrap", "xmlattr");

  private static final Map<String, Filter> ALL = all();

  private Filters() {}

  private static Map<String, Filter> all() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.addTo(filters);
    LayoutFilters.addTo(filters);
    HtmlFilters.addTo(filters);
    NumberFilters.addTo(filters);
    SequenceFilters.addTo(filters);
    MappingFilters.addTo(filters);
    for (String name : NOT_SUPPORTED) {
      Filter.Body refuse =
          (_, _, _) -> {
            throw JinjaException.notSupported("the filter " + name);
          };
      filters.put(name, new Filter(false, refuse));
    }
    return Map.copyOf(filters);
  }

  /** Null if there is none. */
  static @Nullable Filter find(String name) {
    return ALL.get(name);
  }

  /** A filter that a template names while it renders. */
  static Filter named(Value name) {
    Filter filter = name instanceof Text text ? find(text.string()) : null;
    if (filter == null) {
      throw unknown("filter", name);
    }
    return filter;
  }

  static JinjaException unknown(String what, Value name) {
    String message = "No " + what + " named " + Printing.forMessage(name) + ".";
    return JinjaException.of(
        "TemplateRuntimeError",
        name instanceof Undefined missing
            ? message + " (" + missing.reason() + "; did you forget to quote the callable name?)"
            : message);
  }
}
