package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.tokenizer.Tool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The tools that a request offers, and how they may be called.
 *
 * @param tools those that the model is shown
 * @param choice whether the model may, must or must not call; empty without tools
 */
public record ToolOffer(List<Tool> tools, Optional<ToolChoice> choice) {
  /** No tools. */
  public static final ToolOffer NONE = new ToolOffer(List.of(), Optional.empty());

  private static final int MOST_TOOLS = 128;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
  private static final String CHOICES = "must be 'auto', 'none', 'required' or name a function";

  /** Where the description of a function stands. */
  public enum Form {
    /** Within a field {@code function}: chat completions. */
    NESTED,
    /** In the tool itself: the Responses API. */
    FLAT;

    private Fields function(Fields tool) {
      return this == NESTED ? tool.requireObject("function") : tool;
    }
  }

  /**
   * The offer of a request.
   *
   * @throws ApiException if a field is not valid, or a tool's schema cannot be kept to
   */
  public static ToolOffer read(Fields fields, Form form, Constraints constraints) {
    List<Tool> tools = tools(fields, form, constraints);
    Optional<JsonNode> choice = fields.find("tool_choice");
    boolean parallel = fields.flag("parallel_tool_calls").orElse(true);
    if (tools.isEmpty()) {
      boolean needsTools =
          choice.isPresent()
              && (!choice.get().isString() || word(fields, choice.get()).isRequired());
      if (needsTools) {
        throw Refusal.value(fields.place("tool_choice"), "needs tools to choose from");
      }
      return NONE;
    }
    ToolOffer offer = new ToolOffer(tools, Optional.of(ToolChoice.auto()));
    if (choice.isPresent()) {
      offer =
          choice.get().isString()
              ? offer.with(word(fields, choice.get()))
              : offer.with(fields.requireObject("tool_choice"), form);
    }
    // A tool that is named is called once in any case.
    return parallel ? offer : offer.with(offer.choice().orElseThrow().withParallelCalls(false));
  }

  private static List<Tool> tools(Fields fields, Form form, Constraints constraints) {
    List<Fields> objects = fields.objects("tools");
    if (fields.has("tools") && objects.isEmpty() && form == Form.NESTED) {
      throw Refusal.value(fields.place("tools"), "is an empty list; leave it out");
    }
    if (objects.size() > MOST_TOOLS) {
      throw Refusal.value(
          fields.place("tools"),
          "holds %d tools, but may hold %d at most".formatted(objects.size(), MOST_TOOLS));
    }
    Set<String> names = new HashSet<>();
    List<Tool> tools = new ArrayList<>();
    for (Fields object : objects) {
      requireFunction(object);
      Tool tool = tool(form.function(object), constraints);
      if (!names.add(tool.name())) {
        throw Refusal.value(
            form.function(object).place("name"),
            "is " + Refusal.excerpt(tool.name()) + ", which occurs twice");
      }
      tools.add(tool);
    }
    return tools;
  }

  private static void requireFunction(Fields tool) {
    String type = tool.requireText("type");
    if (!type.equals("function")) {
      throw Refusal.unsupported(
          tool.place("type"),
          "is " + Refusal.excerpt(type) + ", but tools must be of type \"function\"");
    }
  }

  private static Tool tool(Fields function, Constraints constraints) {
    String name = function.requireText("name");
    if (!NAME.matcher(name).matches()) {
      throw Refusal.value(function.place("name"), "must be 1 to 64 letters, digits, '_' and '-'");
    }
    function.flag("strict");
    String place = function.place("parameters");
    Optional<JsonNode> parameters = function.find("parameters");
    if (parameters.isPresent() && !parameters.get().isObject()) {
      throw Refusal.value(place, "must be a JSON schema of an object");
    }
    String schema = parameters.map(JsonNode::toString).orElse("{}");
    constraints.jsonSchema(schema, place);
    return Tool.of(name, function.text("description").orElse(""), schema);
  }

  private static ToolChoice word(Fields fields, JsonNode choice) {
    return switch (choice.stringValue()) {
      case "auto" -> ToolChoice.auto();
      case "none" -> ToolChoice.none();
      // "any" is Mistral's word.
      case "required", "any" -> ToolChoice.required();
      default -> throw Refusal.value(fields.place("tool_choice"), CHOICES);
    };
  }

  private ToolOffer with(ToolChoice changed) {
    return new ToolOffer(tools, Optional.of(changed));
  }

  private ToolOffer with(Fields choice, Form form) {
    // Mistral's form has no type.
    String type = choice.text("type").orElse("function");
    return switch (type) {
      case "function" -> {
        Fields function = form.function(choice);
        yield with(ToolChoice.tool(known(function, function.requireText("name"))));
      }
      case "allowed_tools" ->
          allowed(form == Form.NESTED ? choice.requireObject("allowed_tools") : choice, form);
      default -> throw Refusal.value(choice.place("type"), CHOICES);
    };
  }

  private ToolOffer allowed(Fields allowed, Form form) {
    String mode = allowed.word("mode", List.of("auto", "required")).orElse("auto");
    Set<String> names = new HashSet<>();
    for (Fields tool : allowed.objects("tools")) {
      requireFunction(tool);
      Fields function = form.function(tool);
      names.add(known(function, function.requireText("name")));
    }
    if (names.isEmpty()) {
      throw Refusal.value(allowed.place("tools"), "must name at least one tool");
    }
    return new ToolOffer(
        tools.stream().filter(tool -> names.contains(tool.name())).toList(),
        Optional.of(mode.equals("auto") ? ToolChoice.auto() : ToolChoice.required()));
  }

  private String known(Fields function, String name) {
    if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
      throw Refusal.value(
          function.place("name"), "is " + Refusal.excerpt(name) + ", which is not among tools");
    }
    return name;
  }
}
