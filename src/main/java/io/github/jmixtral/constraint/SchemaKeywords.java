package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The keywords of schemas that must hold together. Unknown keywords are annotations. */
final class SchemaKeywords {
  /** Keywords that say which values fit, in ways that are not supported. */
  private static final Set<String> REFUSED =
      Set.of(
          "not",
          "if",
          "contains",
          "dependencies",
          "dependentRequired",
          "dependentSchemas",
          "unevaluatedItems",
          "unevaluatedProperties",
          "$dynamicRef",
          "$recursiveRef");

  private final List<SchemaPart> parts;

  SchemaKeywords(Collection<SchemaPart> parts) {
    this.parts = List.copyOf(parts);
    for (SchemaPart part : this.parts) {
      for (SchemaPart entry : part.entries()) {
        if (REFUSED.contains(entry.name()) && !saysNothing(part, entry)) {
          throw part.refuse("the keyword " + Excerpt.quote(entry.name()) + " is not supported");
        }
      }
    }
  }

  /** Whether a keyword that is not supported allows everything, or all that is written anyway. */
  private boolean saysNothing(SchemaPart part, SchemaPart entry) {
    return switch (entry.name()) {
      case "not" -> entry.isFalse();
      case "if" -> !part.has("then") && !part.has("else");
      case "unevaluatedItems" ->
          entry.isTrue()
              || entry.isFalse()
                  && parts.size() == 1
                  && (part.has("items") || part.has("prefixItems"));
      case "unevaluatedProperties" ->
          entry.isTrue() || entry.isFalse() && parts.size() == 1 && describesItsMembers(part);
      case "dependencies", "dependentRequired", "dependentSchemas" ->
          entry.node().isObject() && entry.node().isEmpty();
      default -> false;
    };
  }

  /** Whether no member is written that a schema says nothing of. */
  private static boolean describesItsMembers(SchemaPart part) {
    return part.has("additionalProperties")
        || part.has("properties")
            && part.find("required").map(SchemaPart::elements).orElse(List.of()).stream()
                .allMatch(name -> part.find("properties").get().has(name.string()));
  }

  List<SchemaPart> parts() {
    return parts;
  }

  /** The values of a keyword, one of each schema that has it. */
  List<SchemaPart> all(String key) {
    return parts.stream().map(part -> part.find(key)).flatMap(Optional::stream).toList();
  }

  boolean has(String key) {
    return parts.stream().anyMatch(part -> part.has(key));
  }

  /** The types that all schemas allow. */
  Set<SchemaType> types() {
    Set<SchemaType> types = EnumSet.allOf(SchemaType.class);
    List<SchemaPart> named = parts.stream().filter(part -> part.has("type")).toList();
    if (named.isEmpty() && !has("const") && !has("enum")) {
      return impliedTypes();
    }
    for (SchemaPart part : named) {
      Set<SchemaType> others = SchemaType.of(part);
      boolean integer =
          types.contains(SchemaType.INTEGER) && others.contains(SchemaType.NUMBER)
              || types.contains(SchemaType.NUMBER) && others.contains(SchemaType.INTEGER);
      types.retainAll(others);
      if (integer && !types.contains(SchemaType.NUMBER)) {
        types.add(SchemaType.INTEGER);
      }
    }
    if (types.contains(SchemaType.NUMBER)) {
      types.remove(SchemaType.INTEGER);
    }
    return types;
  }

  /** The types that the keywords are about; where they are about none, all. */
  private Set<SchemaType> impliedTypes() {
    Set<SchemaType> types = EnumSet.noneOf(SchemaType.class);
    parts.stream()
        .filter(part -> SchemaType.KEYWORDS.stream().anyMatch(part::has))
        .forEach(part -> types.addAll(SchemaType.of(part)));
    if (types.isEmpty()) {
      types.addAll(EnumSet.complementOf(EnumSet.of(SchemaType.INTEGER)));
    }
    return types;
  }

  /** The counts that two keywords give; nothing if they cross. */
  Optional<SchemaCounts> counts(String minimum, String maximum) {
    int least = all(minimum).stream().mapToInt(SchemaPart::count).max().orElse(0);
    int most = all(maximum).stream().mapToInt(SchemaPart::count).min().orElse(Expression.UNBOUNDED);
    return most >= 0 && most < least
        ? Optional.empty()
        : Optional.of(new SchemaCounts(least, most));
  }

  /** What all schemas say of one more value, by a way to find it in each. */
  List<SchemaPart> each(Function<SchemaPart, List<SchemaPart>> found) {
    List<SchemaPart> all = new ArrayList<>();
    parts.forEach(part -> all.addAll(found.apply(part)));
    return all;
  }
}
