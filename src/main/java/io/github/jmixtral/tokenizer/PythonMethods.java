package io.github.jmixtral.tokenizer;

import com.hubspot.jinjava.el.TypeConvertingMapELResolver;
import com.hubspot.jinjava.el.ext.JinjavaBeanELResolver;
import com.hubspot.jinjava.el.ext.JinjavaListELResolver;
import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.util.ForLoop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;

/**
 * What an expression of a chat template may ask of a value: the methods of Python's strings, lists
 * and dictionaries that chat templates use, and the properties of {@code loop}. It stands where
 * jinjava would call any public Java method by reflection.
 */
final class PythonMethods extends CompositeELResolver {

  /** How jinjava calls its tests, {@code x is defined}. */
  private static final Set<String> TESTS = Set.of("evaluate", "evaluateNegated");

  /** Jinjava passes the index of a character on as text. */
  private static final Pattern INDEX = Pattern.compile("-?[0-9]{1,9}");

  /** Jinjava calls its own filters and tests through the resolver, too. */
  private final JinjavaBeanELResolver jinjavaObjects = new JinjavaBeanELResolver(true);

  PythonMethods() {
    add(new JinjavaListELResolver(true));
    add(new TypeConvertingMapELResolver(false));
  }

  @Override
  public Object invoke(
      ELContext context, Object base, Object method, Class<?>[] types, Object[] arguments) {
    String name = String.valueOf(method);
    if (base instanceof Filter && name.equals("filter")
        || base instanceof ExpTest && TESTS.contains(name)) {
      return jinjavaObjects.invoke(context, base, method, types, arguments);
    }
    context.setPropertyResolved(true);
    Object[] given = arguments == null ? new Object[0] : arguments;
    return switch (base) {
      case String text -> ofString(text, name, given);
      case Map<?, ?> map -> ofMap(map, name, given);
      case List<?> list -> ofList(list, name, given);
      case null -> throw unknown("an undefined value", name);
      default -> throw unknown(base.getClass().getSimpleName(), name);
    };
  }

  private static Object ofString(String text, String name, Object[] arguments) {
    return switch (name) {
      case "strip" -> strip(text, arguments, true, true);
      case "lstrip" -> strip(text, arguments, true, false);
      case "rstrip" -> strip(text, arguments, false, true);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "startswith" -> text.startsWith(string(arguments, 0));
      case "endswith" -> text.endsWith(string(arguments, 0));
      case "find" -> (long) text.indexOf(string(arguments, 0));
      case "replace" -> replace(text, string(arguments, 0), string(arguments, 1));
      case "split" -> split(text, arguments);
      case "title", "capitalize" ->
          text.isEmpty()
              ? text
              : text.substring(0, 1).toUpperCase(Locale.ROOT)
                  + text.substring(1).toLowerCase(Locale.ROOT);
      case "join" -> join(text, arguments);
      default -> throw unknown("a string", name);
    };
  }

  private static Object ofMap(Map<?, ?> map, String name, Object[] arguments) {
    return switch (name) {
      case "get" -> {
        Object value = map.get(string(arguments, 0));
        yield value == null && arguments.length > 1 ? arguments[1] : value;
      }
      case "keys" -> new ArrayList<Object>(map.keySet());
      case "values" -> new ArrayList<Object>(map.values());
      case "items" -> map.entrySet();
      default -> throw unknown("a dictionary", name);
    };
  }

  @SuppressWarnings("unchecked")
  private static Object ofList(List<?> list, String name, Object[] arguments) {
    return switch (name) {
      case "append" -> {
        ((List<Object>) list).add(arguments[0]);
        yield null;
      }
      case "index" -> (long) list.indexOf(arguments[0]);
      default -> throw unknown("a list", name);
    };
  }

  private static String strip(String text, Object[] arguments, boolean left, boolean right) {
    String characters = arguments.length > 0 ? string(arguments, 0) : null;
    int start = 0;
    int end = text.length();
    while (left && start < end && isStripped(text.charAt(start), characters)) {
      start++;
    }
    while (right && end > start && isStripped(text.charAt(end - 1), characters)) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isStripped(char unit, String characters) {
    return characters == null ? Character.isWhitespace(unit) : characters.indexOf(unit) >= 0;
  }

  private static String replace(String text, String old, String with) {
    if (old.isEmpty()) {
      throw new InterpretException("replace: expected a text to replace, found an empty one");
    }
    long occurrences = (text.length() - text.replace(old, "").length()) / old.length();
    checkLength(text.length() + occurrences * with.length());
    return text.replace(old, with);
  }

  private static List<Object> split(String text, Object[] arguments) {
    List<Object> parts = new ArrayList<>();
    if (arguments.length == 0) {
      for (String part : text.strip().split("\\s+")) {
        if (!part.isEmpty()) {
          parts.add(part);
        }
      }
    } else {
      int limit = arguments.length > 1 ? ((Number) arguments[1]).intValue() + 1 : -1;
      Collections.addAll(parts, (Object[]) text.split(Pattern.quote(string(arguments, 0)), limit));
    }
    return parts;
  }

  private static void checkLength(long length) {
    if (length > JinjaRenderer.MAX_CHARACTERS) {
      throw new InterpretException("a text of " + length + " characters");
    }
  }

  private static String join(String separator, Object[] arguments) {
    List<String> parts = new ArrayList<>();
    for (Object part : (Iterable<?>) arguments[0]) {
      parts.add(String.valueOf(part));
    }
    checkLength(parts.stream().mapToLong(part -> (long) part.length() + separator.length()).sum());
    return String.join(separator, parts);
  }

  private static String string(Object[] arguments, int index) {
    if (index >= arguments.length || arguments[index] == null) {
      throw new InterpretException("expected argument " + (index + 1) + ", found none");
    }
    return String.valueOf(arguments[index]);
  }

  private static InterpretException unknown(String what, String name) {
    return new InterpretException("expected a known member of " + what + ", found '" + name + "'");
  }

  @Override
  public Object getValue(ELContext context, Object base, Object property) {
    if (base == null || base instanceof Map || base instanceof List) {
      return super.getValue(context, base, property);
    }
    context.setPropertyResolved(true);
    return switch (base) {
      case ForLoop loop -> ofLoop(loop, String.valueOf(property));
      case Map.Entry<?, ?> entry -> ofEntry(entry, String.valueOf(property));
      case String text when INDEX.matcher(String.valueOf(property)).matches() ->
          character(text, Integer.parseInt(String.valueOf(property)));
      default -> null;
    };
  }

  private static Object ofLoop(ForLoop loop, String property) {
    return switch (property) {
      case "index" -> loop.getIndex();
      case "index0" -> loop.getIndex0();
      case "revindex" -> loop.getRevindex();
      case "revindex0" -> loop.getRevindex0();
      case "first" -> loop.isFirst();
      case "last" -> loop.isLast();
      case "length" -> loop.getLength();
      case "depth" -> loop.getDepth();
      case "depth0" -> loop.getDepth0();
      case "previtem", "nextitem" -> throw unknown("loop", property);
      default -> null;
    };
  }

  private static Object ofEntry(Map.Entry<?, ?> entry, String property) {
    return switch (property) {
      case "key", "0" -> entry.getKey();
      case "value", "1" -> entry.getValue();
      default -> null;
    };
  }

  private static String character(String text, int index) {
    int from = index < 0 ? index + text.length() : index;
    return from >= 0 && from < text.length() ? text.substring(from, from + 1) : "";
  }
}
