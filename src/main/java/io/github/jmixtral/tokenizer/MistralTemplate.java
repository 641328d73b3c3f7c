package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.jinja.JinjaException;
import io.github.jmixtral.internal.jinja.TemplatePart;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Distinguishes Mistral's own chat templates from those of finetunes by the expressions that they
 * print: BOS, {@code ' [INST] ' + content + ' [/INST]'} for a user and {@code ' ' + content +
 * eos_token} for an assistant, each to the space, in the spellings that Mistral has published. A
 * template that prints, changes or computes anything else is not Mistral's, and is rendered.
 */
final class MistralTemplate {
  /** The text of a message, unchanged. */
  private static final String CONTENT = "[a-z_]+(\\[0])?\\.content";

  private static final String SYSTEM = "(system_message\\+«\\n\\n»\\+)?";

  private static final Pattern USER =
      Pattern.compile("« ?\\[INST] »\\+" + SYSTEM + CONTENT + "\\+« \\[/INST]»");

  private static final Pattern ASSISTANT =
      Pattern.compile("(« »\\+)?" + CONTENT + "(\\+« »)?\\+eos_token");

  /** With control ids the spaces beside them are no part of the format; see {@link ChatFormat}. */
  private static final Pattern USER_WITH_CONTROL_IDS =
      Pattern.compile("« ?\\[INST] ?»\\+" + SYSTEM + CONTENT + "\\+« ?\\[/INST]»");

  private static final Pattern ASSISTANT_WITH_CONTROL_IDS =
      Pattern.compile("(« »\\+)?" + CONTENT + "(\\|trim)?(\\+« »)?\\+eos_token");

  private static final Pattern REFUSAL = Pattern.compile("raise_exception\\(«[^»]*»\\)");

  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "set(ns\\.)?[a-z_]+=(messages(\\[0]\\.content|\\[1:])?"
              + "|(loop_)?messages\\|selectattr\\(«role»,«equalto»,«user»\\)\\|list"
              + "|namespace\\([a-z_=0-9]*\\)|ns\\.index\\+1|0|none|true|false)");

  /** What is computed for tools and their calls only. */
  private static final Pattern TOOL_ASSIGNMENT =
      Pattern.compile("set[a-z_]+=(tool|tool_call|message)(\\.[a-z_]+)+(\\|tojson)?");

  private static final String TOOL_LITERAL =
      "«[\\s,:{}\\[\\]\"a-z_]*(\\[/?(AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)]|[,:{}\\[\\]\"])"
          + "[\\s,:{}\\[\\]\"a-z_]*»";

  private static final String TOOL_TERM =
      "(" + TOOL_LITERAL + "|[a-z_]+(\\.[a-z_]+)*(\\[:-1])?(\\|(tojson|string))?)";

  private static final Pattern TOOL_PRINT =
      Pattern.compile("out\\[:-1]|(eos_token\\+)?" + TOOL_LITERAL + "(\\+" + TOOL_TERM + ")*");

  private MistralTemplate() {}

  /**
   * @param controlIds whether {@code [INST]} and {@code [/INST]} are control ids, not text
   */
  static boolean recognises(String template, boolean controlIds) {
    if (template.contains("«") || template.contains("»")) {
      return false; // the patterns' own quotes
    }
    List<TemplatePart> parts;
    try {
      parts = TemplatePart.of(template);
    } catch (JinjaException _) {
      return false; // broken, which rendering it will show
    }
    Pattern user = controlIds ? USER_WITH_CONTROL_IDS : USER;
    Pattern assistant = controlIds ? ASSISTANT_WITH_CONTROL_IDS : ASSISTANT;
    boolean tools = template.contains("[AVAILABLE_TOOLS]");
    boolean printsBos = false;
    boolean printsUser = false;
    boolean printsAssistant = false;
    for (TemplatePart part : parts) {
      String code = part.code().replaceAll("\\[«([a-z_]+)»]", ".$1");
      boolean known =
          switch (part.kind()) {
            case TEXT -> false;
            case STATEMENT ->
                !part.tag().equals("set")
                    || ASSIGNMENT.matcher(code).matches()
                    || tools && TOOL_ASSIGNMENT.matcher(code).matches();
            case PRINT -> {
              boolean bos = code.equals("bos_token");
              boolean ofUser = user.matcher(code).matches();
              boolean ofAssistant = assistant.matcher(code).matches();
              printsBos |= bos;
              printsUser |= ofUser;
              printsAssistant |= ofAssistant;
              yield bos
                  || ofUser
                  || ofAssistant
                  || REFUSAL.matcher(code).matches()
                  || tools && TOOL_PRINT.matcher(code).matches();
            }
          };
      if (!known) {
        return false;
      }
    }
    return printsBos && printsUser && printsAssistant;
  }
}
