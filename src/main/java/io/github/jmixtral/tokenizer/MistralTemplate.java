package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.JinjaLexer.Part;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tells Mistral's own chat templates from those of finetunes. A template is Mistral's if it prints
 * {@code [INST]} and {@code [/INST]}, and nothing else of its own but white space, BOS, EOS and the
 * markers of tool calls. {@code ' [INST] ' + content + ' [/INST]'} is; one with a default system
 * prompt, {@code <<SYS>>} or {@code <|im_start|>} is not.
 */
final class MistralTemplate {
  private static final Pattern MARKERS =
      Pattern.compile("\\[/?(INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT)]|</?s>");

  /** Around tools, templates print JSON of a call and its result piece by piece. */
  private static final Pattern JSON_PIECE = Pattern.compile("[\\s\\[\\]{}\":,a-z_]*");

  /** {@code 'role'}, {@code 'user'}, {@code 'equalto'}: words of the program, not of its output. */
  private static final Pattern PROGRAM_WORD = Pattern.compile("[a-z_]+");

  private MistralTemplate() {}

  static boolean recognises(String template) {
    if (!template.contains("[INST]") || !template.contains("[/INST]")) {
      return false;
    }
    boolean tools = template.contains("[AVAILABLE_TOOLS]");
    List<Part> parts;
    try {
      parts = JinjaLexer.parts(template);
    } catch (IllegalArgumentException e) {
      return false; // broken, which rendering it will tell
    }
    return parts.stream()
        .allMatch(
            part ->
                switch (part.kind()) {
                  case TEXT -> isMistrals(part.content(), tools);
                  case PRINT ->
                      part.content().strip().startsWith("raise_exception")
                          || literalsAreMistrals(part.content(), tools);
                  case BLOCK ->
                      !part.content().strip().startsWith("set ")
                          || literalsAreMistrals(part.content(), tools);
                  case COMMENT -> true;
                });
  }

  private static boolean literalsAreMistrals(String expression, boolean tools) {
    for (int i = 0; i < expression.length(); i++) {
      if (expression.charAt(i) == '\'' || expression.charAt(i) == '"') {
        int end = JinjaLexer.quoteEnd(expression, i);
        String literal = expression.substring(i + 1, end).replace("\\n", "\n");
        if (!PROGRAM_WORD.matcher(literal).matches() && !isMistrals(literal, tools)) {
          return false;
        }
        i = end;
      }
    }
    return true;
  }

  private static boolean isMistrals(String text, boolean tools) {
    String rest = MARKERS.matcher(text).replaceAll("");
    return rest.isBlank() || tools && JSON_PIECE.matcher(rest).matches();
  }
}
