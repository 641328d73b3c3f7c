package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.jinja.JinjaException;
import io.github.jmixtral.internal.jinja.JinjaTemplate;
import io.github.jmixtral.internal.jinja.RenderedText;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Renders the checkpoint's chat template and encodes the result; special tokens count in the
 * template's own parts only.
 */
final class TemplateChatEncoder implements ChatEncoder {
  private final TextEncoder encoder;
  private final String source;
  private final Map<String, String> specialTokens;

  /** Read when it is first needed: a broken template harms nothing but chats. */
  private volatile @Nullable JinjaTemplate template;

  /**
   * @param source the template's source
   * @param specialTokens variables such as {@code bos_token}
   */
  TemplateChatEncoder(TextEncoder encoder, String source, Map<String, String> specialTokens) {
    this.encoder = encoder;
    this.source = source;
    this.specialTokens = specialTokens;
  }

  @Override
  public ChatFormat format() {
    return ChatFormat.TEMPLATE;
  }

  @Override
  public void encode(List<ChatMessage> messages, List<Tool> tools, IdBuffer out) {
    Map<String, Object> variables = TemplateVariables.of(messages, tools, specialTokens);
    RenderedText rendered = render(variables);
    String text = rendered.text();
    UnicodeText.require("messages", text);
    ChatMessage last = messages.getLast();
    if (last.isPrefix()) {
      text = text.substring(0, TemplateVariables.endOfPrefix(text, last.content()));
    }
    encoder.encodeRendered(text, new WrittenParts(rendered.written()), out);
  }

  private RenderedText render(Map<String, Object> variables) {
    try {
      return template().render(variables);
    } catch (JinjaException failure) {
      if (failure.kind().equals("TemplateError")) {
        throw new IllegalArgumentException("chat template: " + failure.shownReason(), failure);
      }
      throw new UnsupportedCheckpointException(
          "chat_template",
          "the template does not render this conversation: " + failure.getMessage());
    }
  }

  /**
   * The template, read.
   *
   * @throws MalformedFileException if it is no Jinja2 template
   */
  JinjaTemplate template() {
    JinjaTemplate known = template;
    if (known == null) {
      try {
        known = JinjaTemplate.parse(source);
      } catch (JinjaException failure) {
        throw new MalformedFileException(
            "chat_template", "this is no Jinja2 template: " + failure.getMessage(), failure);
      }
      template = known;
    }
    return known;
  }
}
