package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/**
 * What form a text must have, in the fields of OpenAI ({@code response_format}), of llama.cpp
 * ({@code grammar}, {@code json_schema}) and of vLLM ({@code structured_outputs}, {@code
 * guided_…}). A request may have one of them.
 */
public final class OutputFormat {
  private static final String ANY_OBJECT = "{\"type\":\"object\"}";

  private final Constraints constraints;

  /** By the place of the field that asks for it. */
  private final Map<String, Constraint> found = new LinkedHashMap<>();

  private OutputFormat(Constraints constraints) {
    this.constraints = constraints;
  }

  /**
   * The constraint of a request.
   *
   * @throws ApiException if a field is not valid, or two of them ask for something
   */
  public static Optional<Constraint> read(Fields fields, Constraints constraints) {
    OutputFormat format = new OutputFormat(constraints);
    fields
        .object("response_format")
        .ifPresent(asked -> format.addFormat(asked, () -> asked.requireObject("json_schema")));
    format.addSchema(fields, "json_schema");
    format.addGrammar(fields, "grammar");
    format.addSchema(fields, "guided_json");
    format.addRegex(fields, "guided_regex");
    format.addChoice(fields, "guided_choice");
    format.addGrammar(fields, "guided_grammar");
    fields.object("structured_outputs").ifPresent(format::addStructuredOutputs);
    return format.single();
  }

  /** The constraint of the Responses API's {@code format}, which has the schema in itself. */
  public static Optional<Constraint> ofFormat(Fields format, Constraints constraints) {
    OutputFormat single = new OutputFormat(constraints);
    single.addFormat(format, () -> format);
    return single.single();
  }

  /** JSON of a schema. */
  public static Constraint ofSchema(String schema, String place, Constraints constraints) {
    return constraints.jsonSchema(schema, place);
  }

  /** Any JSON object. */
  public static Constraint ofAnyObject(Constraints constraints) {
    return constraints.jsonSchema(ANY_OBJECT, "");
  }

  private Optional<Constraint> single() {
    if (found.size() > 1) {
      List<String> places = List.copyOf(found.keySet());
      throw Refusal.value(
          places.get(1), "cannot be combined with " + places.get(0) + "; give one of them");
    }
    return found.values().stream().findFirst();
  }

  /**
   * Adds what a format asks for.
   *
   * @param holder of the schema, if it has one
   */
  private void addFormat(Fields format, Supplier<Fields> holder) {
    String place = format.place("type");
    switch (format.requireText("type")) {
      case "text" -> {}
      case "json_object" -> {
        String schema = format.schema("schema").orElse(ANY_OBJECT);
        found.put(place, constraints.jsonSchema(schema, format.place("schema")));
      }
      case "json_schema" -> {
        Fields description = holder.get();
        description.text("name");
        description.flag("strict");
        JsonNode schema = description.require("schema");
        String where = description.place("schema");
        found.put(place, constraints.jsonSchema(Fields.schema(where, schema), where));
      }
      default -> format.word("type", List.of("text", "json_object", "json_schema")); // refuses it
    }
  }

  private void addStructuredOutputs(Fields outputs) {
    addSchema(outputs, "json");
    addRegex(outputs, "regex");
    addChoice(outputs, "choice");
    addGrammar(outputs, "grammar");
    if (outputs.isTrue("json_object")) {
      found.put(outputs.place("json_object"), ofAnyObject(constraints));
    }
    outputs.refuse("structural_tag", "is not supported");
  }

  private void addSchema(Fields fields, String name) {
    String place = fields.place(name);
    fields
        .schema(name)
        .ifPresent(schema -> found.put(place, constraints.jsonSchema(schema, place)));
  }

  private void addRegex(Fields fields, String name) {
    String place = fields.place(name);
    fields.text(name).ifPresent(regex -> found.put(place, constraints.regex(regex, place)));
  }

  private void addGrammar(Fields fields, String name) {
    String place = fields.place(name);
    fields
        .text(name)
        .filter(grammar -> !grammar.isEmpty())
        .ifPresent(grammar -> found.put(place, constraints.gbnf(grammar, place)));
  }

  private void addChoice(Fields fields, String name) {
    if (fields.has(name)) {
      List<String> choices = fields.texts(name);
      if (choices.isEmpty()) {
        throw Refusal.value(fields.place(name), "must hold at least one text");
      }
      found.put(fields.place(name), constraints.oneOf(choices, fields.place(name)));
    }
  }
}
