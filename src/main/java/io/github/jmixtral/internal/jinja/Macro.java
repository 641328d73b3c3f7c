package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A macro, or the body of a {@code call} block.
 *
 * @param name null for the body of a call
 * @param catchesNamed whether it uses {@code kwargs}
 * @param catchesPositional whether it uses {@code varargs}
 * @param usesCaller whether it uses {@code caller}
 */
record Macro(
    @Nullable String name,
    List<String> parameters,
    boolean catchesNamed,
    boolean catchesPositional,
    boolean usesCaller,
    Body body)
    implements Value {

  /** Renders the macro; arguments that were not given are null. */
  @FunctionalInterface
  interface Body {
    Text call(List<Value> arguments);
  }

  Value call(Arguments given, Rendering rendering) {
    List<Value> positional = given.positional();
    Map<String, Value> named = new LinkedHashMap<>(given.named());
    int taken = Math.min(positional.size(), parameters.size());
    List<Value> arguments = new ArrayList<>(positional.subList(0, taken));
    boolean callerFound = taken == parameters.size() && parameters.contains("caller");
    for (String parameter : parameters.subList(taken, parameters.size())) {
      callerFound |= parameter.equals("caller");
      arguments.add(named.remove(parameter));
    }
    if (usesCaller && !callerFound) {
      Value caller = named.remove("caller");
      boolean missing = caller == null || caller == NoneValue.NONE;
      arguments.add(missing ? Undefined.because("No caller defined") : caller);
    }
    if (catchesNamed) {
      DictValue rest = new DictValue();
      named.forEach((key, value) -> rest.put(Text.of(key), value, rendering.work()));
      arguments.add(rest);
    } else if (named.containsKey("caller")) {
      throw JinjaException.typeError(
          "macro "
              + shownName()
              + " was invoked with two values for the special caller argument. This is most likely"
              + " a bug.");
    } else if (!named.isEmpty()) {
      throw JinjaException.typeError(
          "macro "
              + shownName()
              + " takes no keyword argument "
              + Printing.quoted(named.keySet().iterator().next()));
    }
    if (catchesPositional) {
      arguments.add(new TupleValue(List.copyOf(positional.subList(taken, positional.size()))));
    } else if (positional.size() > parameters.size()) {
      throw JinjaException.typeError(
          "macro " + shownName() + " takes not more than " + parameters.size() + " argument(s)");
    }
    return body.call(arguments).asMarkupIf(rendering.autoescape());
  }

  private String shownName() {
    return name == null ? "None" : Printing.quoted(name);
  }

  @Override
  public String typeName() {
    return "Macro";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.runtime.Macro";
  }
}
