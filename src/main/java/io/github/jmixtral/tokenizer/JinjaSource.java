package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.JinjaLexer.Kind;
import io.github.jmixtral.tokenizer.JinjaLexer.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites a chat template so that jinjava renders it as Jinja2 does with {@code trim_blocks} and
 * {@code lstrip_blocks}, which is how chat templates are meant:
 *
 * <ul>
 *   <li>white space around tags is settled here: a {@code -} strips, the white space between the
 *       start of a line and a block goes, and so does one newline behind a block;
 *   <li>comments go, and the last newline of the template;
 *   <li>{@code for x in list if condition}, which jinjava does not know, becomes a loop that picks
 *       and a loop over what was picked;
 *   <li>braces that close dictionaries inside a tag are set apart, for jinjava would end the tag;
 *   <li>{@code generation} blocks, which mark text for training, lose their tags.
 * </ul>
 */
final class JinjaSource {
  private static final Pattern LOOP =
      Pattern.compile("\\s*for\\s+(?<variables>[\\w\\s,()]+?)\\s+in\\s(?<rest>.*)", Pattern.DOTALL);

  private final List<Part> parts;
  private final StringBuilder output = new StringBuilder();
  private int pickedLists;

  /** The loops and conditions that are open, innermost last. */
  private final List<String> open = new ArrayList<>();

  private JinjaSource(List<Part> parts) {
    this.parts = parts;
  }

  /**
   * @throws IllegalArgumentException saying what was found, if the template is broken
   */
  static String rewrite(String template) {
    return new JinjaSource(JinjaLexer.parts(template)).rewrite();
  }

  private String rewrite() {
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      switch (part.kind()) {
        case TEXT -> output.append(strippedText(i));
        case PRINT -> output.append("{{ ").append(spaced(part.content())).append(" }}");
        case BLOCK -> writeBlock(spaced(part.content()));
        case COMMENT -> {}
      }
    }
    return output.toString();
  }

  /** A text without what the tags around it take away. */
  private String strippedText(int index) {
    String text = parts.get(index).content();
    boolean startsLine = index == 0;
    if (index > 0) {
      Part before = parts.get(index - 1);
      if (before.after() == '-') {
        text = text.stripLeading();
      } else if (before.kind() != Kind.PRINT && before.after() != '+' && text.startsWith("\n")) {
        text = text.substring(1);
        startsLine = true;
      }
    }
    if (index + 1 < parts.size()) {
      Part after = parts.get(index + 1);
      if (after.before() == '-') {
        text = text.stripTrailing();
      } else if (after.kind() != Kind.PRINT && after.before() != '+') {
        int line = text.lastIndexOf('\n') + 1;
        if ((line > 0 || startsLine) && text.substring(line).isBlank()) {
          text = text.substring(0, line);
        }
      }
    }
    return text;
  }

  private void writeBlock(String content) {
    String name = content.strip();
    if (name.equals("generation") || name.equals("endgeneration")) {
      return;
    }
    checkElse(name);
    Matcher loop = LOOP.matcher(content);
    int condition = loop.matches() ? conditionOf(loop.group("rest")) : -1;
    if (condition < 0) {
      output.append("{% ").append(name).append(" %}");
      return;
    }
    String variables = loop.group("variables");
    String list = loop.group("rest").substring(0, condition);
    String wanted = loop.group("rest").substring(condition + " if ".length());
    String picked = "picked_by_loop_" + pickedLists++;
    String element = variables.contains(",") ? "[" + variables + "]" : variables;
    output
        .append("{% set " + picked + " = [] %}")
        .append("{% for " + variables + " in " + list + " %}{% if " + wanted + " %}")
        .append("{% do " + picked + ".append(" + element + ") %}")
        .append("{% endif %}{% endfor %}")
        .append("{% for " + variables + " in " + picked + " %}");
  }

  /** Jinjava does not know the {@code else} of a loop, and says nothing. */
  private void checkElse(String block) {
    switch (block.split("\\s", 2)[0]) {
      case "for" -> open.add("for");
      case "if" -> open.add("if");
      case "endfor", "endif" -> {
        if (!open.isEmpty()) {
          open.removeLast();
        }
      }
      case "else" -> {
        if (!open.isEmpty() && open.getLast().equals("for")) {
          throw new IllegalArgumentException("the else of a loop");
        }
      }
      default -> {}
    }
  }

  /** Where the {@code if} of a loop stands outside of quotes and brackets, or −1. */
  private static int conditionOf(String rest) {
    int depth = 0;
    for (int i = 0; i < rest.length(); i++) {
      char unit = rest.charAt(i);
      if (unit == '\'' || unit == '"') {
        i = JinjaLexer.quoteEnd(rest, i);
      } else if ("([{".indexOf(unit) >= 0) {
        depth++;
      } else if (")]}".indexOf(unit) >= 0) {
        depth--;
      } else if (depth == 0 && rest.startsWith(" if ", i)) {
        return i;
      }
    }
    return -1;
  }

  /** A space between two closing braces outside of quotes. */
  private static String spaced(String content) {
    StringBuilder spaced = new StringBuilder(content.length());
    for (int i = 0; i < content.length(); i++) {
      char unit = content.charAt(i);
      if (unit == '\'' || unit == '"') {
        int end = JinjaLexer.quoteEnd(content, i);
        spaced.append(content, i, end + 1);
        i = end;
      } else {
        spaced.append(unit);
        if (unit == '}') {
          spaced.append(' ');
        }
      }
    }
    return spaced.toString();
  }
}
