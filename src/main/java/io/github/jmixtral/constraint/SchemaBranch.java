package io.github.jmixtral.constraint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Schemas that must hold together, with one alternative chosen of every {@code anyOf} and {@code
 * oneOf}: what references and {@code allOf} lead to stands beside them. Immutable.
 *
 * @param parts the schemas by pointer, of which the keywords of their own are to be read
 * @param open the alternatives among which nothing is chosen yet
 * @param possible false if one of them is {@code false}
 */
record SchemaBranch(Map<String, SchemaPart> parts, List<Alternatives> open, boolean possible) {
  /** Bounds time: alternatives beside alternatives multiply. */
  private static final int MAX_BRANCHES = 2000;

  /**
   * Schemas of which one is to be chosen.
   *
   * @param chain pointers of the schemas that lead to them
   */
  record Alternatives(List<SchemaPart> schemas, Set<String> chain) {}

  /** The branches of some schemas that must hold together. */
  static List<SchemaBranch> of(List<SchemaPart> schemas, SchemaReferences references) {
    SchemaBranch all = new SchemaBranch(Map.of(), List.of(), true);
    for (SchemaPart schema : schemas) {
      all = all.with(schema, Set.of(), references);
    }
    List<SchemaBranch> closed = new ArrayList<>();
    all.choose(references, closed);
    return closed;
  }

  /** The keywords of all its parts. */
  SchemaKeywords keywords() {
    return new SchemaKeywords(parts.values());
  }

  private void choose(SchemaReferences references, List<SchemaBranch> closed) {
    if (!possible) {
      return;
    }
    if (open.isEmpty()) {
      closed.add(this);
      return;
    }
    Alternatives first = open.getFirst();
    SchemaBranch others = new SchemaBranch(parts, open.subList(1, open.size()), true);
    for (SchemaPart alternative : first.schemas()) {
      if (closed.size() > MAX_BRANCHES) {
        throw alternative.refuse(
            "the alternatives make more than " + MAX_BRANCHES + " combinations");
      }
      others.with(alternative, first.chain(), references).choose(references, closed);
    }
  }

  /** This branch and another schema that must hold. */
  private SchemaBranch with(SchemaPart schema, Set<String> chain, SchemaReferences references) {
    if (schema.node().isBoolean()) {
      return schema.node().booleanValue() ? this : new SchemaBranch(parts, open, false);
    }
    if (!schema.node().isObject()) {
      throw schema.refuse("a schema", schema.describe());
    }
    if (chain.contains(schema.pointer())) {
      throw schema.refuse("the definition refers to itself before it writes anything");
    }
    if (parts.containsKey(schema.pointer())) {
      return this;
    }
    Map<String, SchemaPart> more = new LinkedHashMap<>(parts);
    more.put(schema.pointer(), schema);
    List<Alternatives> choices = new ArrayList<>(open);
    Set<String> longer = new HashSet<>(chain);
    longer.add(schema.pointer());
    for (String key : List.of("anyOf", "oneOf")) {
      schema
          .find(key)
          .ifPresent(
              list -> {
                List<SchemaPart> schemas = schemas(list);
                if (key.equals("oneOf")) {
                  new SchemaExclusion(references).requireExclusive(schemas, schema);
                }
                choices.add(new Alternatives(schemas, longer));
              });
    }
    SchemaBranch branch = new SchemaBranch(more, choices, possible);
    if (schema.has("$ref")) {
      branch = branch.with(references.target(schema.find("$ref").get()), longer, references);
    }
    if (schema.has("allOf")) {
      for (SchemaPart each : schemas(schema.find("allOf").get())) {
        branch = branch.with(each, longer, references);
      }
    }
    return branch;
  }

  private static List<SchemaPart> schemas(SchemaPart list) {
    List<SchemaPart> schemas = list.elements();
    if (schemas.isEmpty()) {
      throw list.refuse("the list of schemas is empty; give at least one");
    }
    return schemas;
  }
}
