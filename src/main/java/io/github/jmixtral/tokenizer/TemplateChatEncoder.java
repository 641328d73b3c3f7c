package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MissingDependencyException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Renders the checkpoint's chat template and encodes the result; special tokens count in the
 * template's own parts only.
 *
 * <p>Before rendering, {@link TextEncoder#protect} puts guard characters into the messages, so that
 * no special token can be found in them or across their borders; after it, the rendered text is cut
 * at special tokens, and the guards are taken out of what lies between.
 *
 * @param template the template's source
 * @param specialTokens variables such as {@code bos_token}
 */
record TemplateChatEncoder(TextEncoder encoder, String template, Map<String, String> specialTokens)
    implements ChatEncoder {

  @Override
  public ChatFormat format() {
    return ChatFormat.TEMPLATE;
  }

  @Override
  public void encode(List<ChatMessage> messages, List<Tool> tools, IdBuffer out) {
    List<String> texts = new ArrayList<>(messages.stream().map(ChatMessage::content).toList());
    texts.add(template);
    Guards guards = Guards.absentFrom(texts);
    List<Map<String, Object>> guarded = new ArrayList<>();
    for (ChatMessage message : messages) {
      Map<String, Object> variables = new LinkedHashMap<>();
      variables.put("role", message.role().templateName());
      variables.put("content", encoder.protect(message.content(), guards));
      guarded.add(variables);
    }
    Map<String, Object> variables = new LinkedHashMap<>(specialTokens);
    variables.put("messages", guarded);
    variables.put("add_generation_prompt", true);
    encoder.encodeGuarded(render(variables), guards, out);
  }

  private String render(Map<String, Object> variables) {
    try {
      return new JinjaRenderer(template).render(variables);
    } catch (NoClassDefFoundError e) {
      throw new MissingDependencyException(
          "Rendering the checkpoint's chat template", "com.hubspot.jinjava:jinjava");
    }
  }
}
