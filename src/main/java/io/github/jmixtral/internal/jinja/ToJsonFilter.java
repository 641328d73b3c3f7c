package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.internal.format.PythonJson;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The filter {@code tojson} as transformers defines it for chat templates: Python's {@code
 * json.dumps} with {@code ensure_ascii=False}.
 */
final class ToJsonFilter {
  static final Signature SIGNATURE =
      Signature.of("tojson(x, ensure_ascii=, indent=, separators=, sort_keys=)");

  private final boolean ascii;

  /** Null if everything stands in one line. */
  private final @Nullable Text indent;

  private final Text itemSeparator;
  private final Text keySeparator;
  private final boolean sorted;
  private final Work work;
  private final TextBuilder out;

  private ToJsonFilter(Value[] arguments, Work work) {
    this.ascii = arguments[1] != null && Truth.of(arguments[1]);
    this.indent = indent(arguments[2], work);
    this.sorted = arguments[4] != null && Truth.of(arguments[4]);
    this.work = work;
    this.out = new TextBuilder(work);
    if (arguments[3] == null || arguments[3] == NoneValue.NONE) {
      this.itemSeparator = Text.of(indent == null ? ", " : ",");
      this.keySeparator = Text.of(": ");
    } else {
      List<Value> separators = Sequences.list(arguments[3], work);
      Unpacking.requireSize(separators.size(), 2);
      this.itemSeparator = separator(separators.getFirst());
      this.keySeparator = separator(separators.getLast());
    }
  }

  /** {@code arguments} are those of {@link #SIGNATURE}. */
  static Text write(Value[] arguments, Work work) {
    ToJsonFilter json = new ToJsonFilter(arguments, work);
    json.write(arguments[0], 0);
    return json.out.build();
  }

  private static Text separator(Value value) {
    if (value instanceof Text text) {
      return text;
    }
    throw JinjaException.typeError("a separator must be str, not " + value.typeName());
  }

  private static @Nullable Text indent(@Nullable Value value, Work work) {
    if (value == null || value == NoneValue.NONE) {
      return null;
    }
    if (value instanceof Text text) {
      return text;
    }
    return (Text) Operators.apply(Operators.Binary.MULTIPLY, Text.of(" "), value, work);
  }

  private void write(Value value, int level) {
    work.step();
    switch (value) {
      case NoneValue _ -> out.add("null");
      case BoolValue bool -> out.add(bool == BoolValue.TRUE ? "true" : "false");
      case IntValue integer -> out.add(NumberText.of(integer));
      case FloatValue number -> out.add(PythonJson.number(number.value()));
      case Text text -> string(text);
      case ListValue list -> array(list.elements().iterator(), level);
      case TupleValue tuple -> array(tuple.elements().iterator(), level);
      case DictValue dict -> object(dict, level);
      default ->
          throw JinjaException.typeError(
              "Object of type " + value.typeName() + " is not JSON serializable");
    }
  }

  private void array(Iterator<Value> elements, int level) {
    if (!elements.hasNext()) {
      out.add("[]");
      return;
    }
    work.enter();
    out.add("[");
    newLine(level + 1);
    write(elements.next(), level + 1);
    while (elements.hasNext()) {
      out.add(itemSeparator);
      newLine(level + 1);
      write(elements.next(), level + 1);
    }
    newLine(level);
    out.add("]");
    work.leave();
  }

  private void object(DictValue dict, int level) {
    if (dict.size() == 0) {
      out.add("{}");
      return;
    }
    work.enter();
    out.add("{");
    boolean first = true;
    for (Map.Entry<Key, Value> entry : entries(dict)) {
      if (!first) {
        out.add(itemSeparator);
      }
      first = false;
      newLine(level + 1);
      key(entry.getKey().value());
      out.add(keySeparator);
      write(entry.getValue(), level + 1);
    }
    newLine(level);
    out.add("}");
    work.leave();
  }

  private List<Map.Entry<Key, Value>> entries(DictValue dict) {
    List<Map.Entry<Key, Value>> entries = new ArrayList<>(dict.entries().entrySet());
    return sorted ? Sorting.sorted(entries, entry -> entry.getKey().value(), false, work) : entries;
  }

  private void key(Value key) {
    switch (key) {
      case Text text -> string(text);
      case NoneValue _ -> string(Text.of("null"));
      case BoolValue bool -> string(Text.of(bool == BoolValue.TRUE ? "true" : "false"));
      case IntValue integer -> string(Text.of(NumberText.of(integer)));
      case FloatValue number -> string(Text.of(PythonJson.number(number.value())));
      default ->
          throw JinjaException.typeError(
              "keys must be str, int, float, bool or None, not " + key.typeName());
    }
  }

  private void newLine(int level) {
    if (indent != null) {
      out.add("\n");
      out.repeat(indent, level);
    }
  }

  private void string(Text text) {
    out.add("\"");
    String string = text.string();
    int done = 0;
    for (int i = 0; i < string.length(); i++) {
      String escape = PythonJson.escape(string.charAt(i), ascii);
      if (escape != null) {
        work.step();
        out.add(text, done, i);
        out.add(escape, text, i);
        done = i + 1;
      }
    }
    out.add(text, done, string.length());
    out.add("\"");
  }
}
