package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Fields of the API and of other servers that would change an answer and that cannot be heeded.
 * Fields that are not named anywhere are ignored.
 */
final class ForeignFields {
  private ForeignFields() {}

  /** Refuses those of chat completions. */
  static void refuseInChat(Fields fields) {
    refuse(fields);
    fields.refuse("functions", "is the old form of tools and not supported; use tools");
    fields.refuse("function_call", "is the old form of tool_choice and not supported; use it");
    fields.refuse("audio", "is not supported: this model answers with texts only");
    fields.refuse("web_search_options", "is not supported: this server searches nothing");
    fields.refuse("chat_template", "is not supported: the model's own chat format is used");
    fields.refuse("chat_template_kwargs", "is not supported: the chat format takes no arguments");
    fields.refuse("documents", "is not supported; put them into a message");
    fields.refuse("safe_prompt", "is not supported; put instructions into a system message");
    fields.refuse("echo", "is not supported in conversations");
    List<JsonNode> modalities = fields.list("modalities").orElse(List.of());
    for (int i = 0; i < modalities.size(); i++) {
      String place = fields.place("modalities") + "[" + i + "]";
      if (!Fields.text(place, modalities.get(i)).equals("text")) {
        throw Refusal.unsupported(place, "must be 'text': this model answers with texts only");
      }
    }
    if (!fields.flag("add_generation_prompt").orElse(true)
        && !fields.isTrue("continue_final_message")) {
      throw Refusal.unsupported(
          fields.place("add_generation_prompt"),
          "must be true, or continue_final_message be given");
    }
  }

  /** Refuses those of all texts. */
  static void refuse(Fields fields) {
    fields.refuse("prompt_logprobs", "is not supported: only new tokens have log probabilities");
    fields.refuse("logits_processors", "is not supported");
    fields.refuse("use_beam_search", "is not supported");
    fields.refuse("truncate_prompt_tokens", "is not supported: prompts are never cut");
    fields.refuse("return_tokens_as_token_ids", "is not supported");
  }
}
