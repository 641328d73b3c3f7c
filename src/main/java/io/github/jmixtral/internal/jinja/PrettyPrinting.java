package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The filter {@code pprint}: Python's {@code pprint.pformat} with 80 columns. */
final class PrettyPrinting {
  private static final int WIDTH = 80;

  private final Work work;
  private final TextBuilder out;

  private PrettyPrinting(Work work) {
    this.work = work;
    this.out = new TextBuilder(work);
  }

  static Text print(Value value, Work work) {
    PrettyPrinting printing = new PrettyPrinting(work);
    printing.print(value, 0, 0, 0);
    return printing.out.build();
  }

  /** The value in one line, keys sorted. */
  private Text inOneLine(Value value) {
    work.step();
    return switch (value) {
      case DictValue dict -> {
        work.enter();
        TextBuilder line = new TextBuilder(work).add("{");
        String separator = "";
        for (Map.Entry<Key, Value> entry : sorted(dict)) {
          line.add(separator)
              .add(inOneLine(entry.getKey().value()))
              .add(": ")
              .add(inOneLine(entry.getValue()));
          separator = ", ";
        }
        work.leave();
        yield line.add("}").build();
      }
      case ListValue list -> elements("[", list.elements(), "]");
      case TupleValue tuple when !tuple.group() ->
          elements("(", tuple.elements(), tuple.elements().size() == 1 ? ",)" : ")");
      case Text text when text.isMarkup() -> Printing.repr(text, work);
      default -> Printing.repr(value, work);
    };
  }

  private Text elements(String open, List<Value> elements, String close) {
    work.enter();
    TextBuilder line = new TextBuilder(work).add(open);
    String separator = "";
    for (Value element : elements) {
      line.add(separator).add(inOneLine(element));
      separator = ", ";
    }
    work.leave();
    return line.add(close).build();
  }

  /** Sorted by key, and by type where keys cannot be compared. */
  private List<Map.Entry<Key, Value>> sorted(DictValue dict) {
    List<Map.Entry<Key, Value>> entries = new ArrayList<>(dict.entries().entrySet());
    boolean comparable =
        entries.stream().allMatch(entry -> entry.getKey().value() instanceof Text)
            || entries.stream().allMatch(entry -> Numbers.isNumber(entry.getKey().value()));
    if (!comparable && entries.size() > 1) {
      throw JinjaException.notSupported("pprint of a dictionary with keys of several types");
    }
    return Sorting.sorted(entries, entry -> entry.getKey().value(), false, work);
  }

  /**
   * @param indent the column where the value begins
   * @param allowance columns that what follows it in its line needs
   */
  private void print(Value value, int indent, int allowance, int level) {
    Text line = inOneLine(value);
    if (line.length() <= WIDTH - indent - allowance) {
      out.add(line);
      return;
    }
    work.enter();
    switch (value) {
      case DictValue dict -> {
        out.add("{");
        items(dict, indent + 1, allowance + 1, level + 1);
        out.add("}");
      }
      case ListValue list -> {
        out.add("[");
        elements(list.elements(), indent + 1, allowance + 1, level + 1);
        out.add("]");
      }
      case TupleValue tuple when !tuple.group() -> {
        boolean single = tuple.elements().size() == 1;
        out.add("(");
        elements(tuple.elements(), indent + 1, allowance + (single ? 2 : 1), level + 1);
        out.add(single ? ",)" : ")");
      }
      case Text text when !text.isMarkup() -> text(text, indent, allowance, level + 1);
      case BytesValue _, TupleValue _, Namespace _, DictView _ ->
          throw JinjaException.notSupported("pprint of a long " + value.typeName());
      default -> out.add(line);
    }
    work.leave();
  }

  private void items(DictValue dict, int indent, int allowance, int level) {
    List<Map.Entry<Key, Value>> entries = sorted(dict);
    for (int i = 0; i < entries.size(); i++) {
      boolean last = i == entries.size() - 1;
      Text key = inOneLine(entries.get(i).getKey().value());
      out.add(key).add(": ");
      print(entries.get(i).getValue(), indent + key.length() + 2, last ? allowance : 1, level);
      if (!last) {
        newLine(indent);
      }
    }
  }

  private void elements(List<Value> elements, int indent, int allowance, int level) {
    for (int i = 0; i < elements.size(); i++) {
      boolean last = i == elements.size() - 1;
      print(elements.get(i), indent, last ? allowance : 1, level);
      if (!last) {
        newLine(indent);
      }
    }
  }

  private void newLine(int indent) {
    out.add(",\n");
    out.repeat(Text.of(" "), indent);
  }

  /** A long text as several, broken at its lines and its words. */
  private void text(Text text, int firstIndent, int firstAllowance, int level) {
    if (text.isEmpty()) {
      out.add("''");
      return;
    }
    boolean bracketed = level == 1;
    int indent = firstIndent + (bracketed ? 1 : 0);
    int allowance = firstAllowance + (bracketed ? 1 : 0);
    List<Text> chunks = chunks(text, indent, allowance);
    if (chunks.size() == 1) {
      out.add(chunks.getFirst());
      return;
    }
    if (bracketed) {
      out.add("(");
    }
    for (int i = 0; i < chunks.size(); i++) {
      if (i > 0) {
        out.add("\n");
        out.repeat(Text.of(" "), indent);
      }
      out.add(chunks.get(i));
    }
    if (bracketed) {
      out.add(")");
    }
  }

  private List<Text> chunks(Text text, int indent, int allowance) {
    List<Text> chunks = new ArrayList<>();
    List<Text> lines = StringSearch.splitLines(text, true);
    int most = WIDTH - indent;
    for (int i = 0; i < lines.size(); i++) {
      boolean lastLine = i == lines.size() - 1;
      Text quoted = Printing.repr(lines.get(i), work);
      int room = lastLine ? most - allowance : most;
      if (quoted.length() <= room) {
        chunks.add(quoted);
        continue;
      }
      List<Text> words = words(lines.get(i));
      Text current = Text.EMPTY;
      for (int j = 0; j < words.size(); j++) {
        boolean lastWord = j == words.size() - 1;
        Text candidate = new TextBuilder(work).add(current).add(words.get(j)).build();
        int wordRoom = lastWord && lastLine ? most - allowance : most;
        if (Printing.repr(candidate, work).length() > wordRoom) {
          if (!current.isEmpty()) {
            chunks.add(Printing.repr(current, work));
          }
          current = words.get(j);
        } else {
          current = candidate;
        }
      }
      if (!current.isEmpty()) {
        chunks.add(Printing.repr(current, work));
      }
    }
    return chunks;
  }

  /** Words with the white space behind them. */
  private List<Text> words(Text line) {
    List<Text> words = new ArrayList<>();
    String string = line.string();
    int from = 0;
    while (from < string.length()) {
      int end = from;
      while (end < string.length() && !Characters.isSpace(string.charAt(end))) {
        end++;
      }
      while (end < string.length() && Characters.isSpace(string.charAt(end))) {
        end++;
      }
      words.add(line.part(from, end));
      from = end;
    }
    work.steps(words.size());
    return words;
  }
}
