package io.github.jmixtral.spark.internal.task;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * The type of a column that holds values of a JSON schema. Objects become structs, or maps where
 * their names are free; arrays, texts, numbers and truth values become their like. What has no one
 * type in Spark (alternatives, tuples, what contains itself) is a text of JSON.
 */
public final class JsonColumn {
  private static final Set<String> ALTERNATIVES = Set.of("anyOf", "oneOf");

  private final JsonNode root;

  /** References that are being followed, the root's among them. */
  private final Set<String> open = new HashSet<>(Set.of("#"));

  private JsonColumn(JsonNode root) {
    this.root = root;
  }

  /**
   * The type of a column.
   *
   * @param schema that constrains what is generated, so that it is known to be valid
   */
  public static DataType of(String schema) {
    JsonNode root = JsonMapper.shared().readTree(schema);
    return new JsonColumn(root).type(root);
  }

  private DataType type(JsonNode schema) {
    if (schema.has("$ref")) {
      return schema.size() == 1 || isAnnotated(schema)
          ? referred(schema.get("$ref").stringValue(""))
          : DataTypes.StringType;
    }
    for (String keyword : ALTERNATIVES) {
      if (schema.has(keyword)) {
        return alternatives(schema.get(keyword));
      }
    }
    return switch (typeName(schema)) {
      case "object" -> object(schema);
      case "array" -> array(schema);
      case "integer" -> DataTypes.LongType;
      case "number" -> DataTypes.DoubleType;
      case "boolean" -> DataTypes.BooleanType;
      case null, default -> DataTypes.StringType;
    };
  }

  /** A reference beside descriptions only says what it refers to. */
  private static boolean isAnnotated(JsonNode schema) {
    return Set.of("$ref", "description", "title", "$defs", "definitions", "$schema")
        .containsAll(schema.propertyNames());
  }

  private DataType referred(String reference) {
    JsonNode target =
        reference.startsWith("#") ? root.at(reference.substring(1)) : MissingNode.getInstance();
    if (target.isMissingNode() || !open.add(reference)) {
      return DataTypes.StringType;
    }
    DataType type = type(target);
    open.remove(reference);
    return type;
  }

  /** The one alternative beside null. */
  private DataType alternatives(JsonNode list) {
    List<JsonNode> others = new ArrayList<>();
    for (JsonNode alternative : list) {
      if (!"null".equals(typeName(alternative))) {
        others.add(alternative);
      }
    }
    return others.size() == 1 ? type(others.getFirst()) : DataTypes.StringType;
  }

  /** The one type beside null; null where there are several or none is known. */
  private static @Nullable String typeName(JsonNode schema) {
    if (schema.has("enum") || schema.has("const") || schema.has("allOf")) {
      return constantType(schema);
    }
    JsonNode type = schema.get("type");
    if (type == null) {
      return schema.has("properties") ? "object" : schema.has("items") ? "array" : null;
    }
    if (type.isString()) {
      return type.stringValue();
    }
    List<String> names = new ArrayList<>();
    for (JsonNode name : type) {
      if (!name.stringValue("").equals("null")) {
        names.add(name.stringValue(""));
      }
    }
    return names.size() == 1 ? names.getFirst() : null;
  }

  private static @Nullable String constantType(JsonNode schema) {
    List<JsonNode> values = new ArrayList<>();
    if (schema.has("const")) {
      values.add(schema.get("const"));
    } else if (schema.has("enum")) {
      schema.get("enum").forEach(values::add);
    }
    values.removeIf(JsonNode::isNull);
    if (!values.isEmpty()
        && values.stream().allMatch(JsonNode::canConvertToLong)
        && values.stream().allMatch(JsonNode::isIntegralNumber)) {
      return "integer";
    }
    if (!values.isEmpty() && values.stream().allMatch(JsonNode::isBoolean)) {
      return "boolean";
    }
    return null;
  }

  private DataType object(JsonNode schema) {
    JsonNode more = schema.get("additionalProperties");
    boolean isOpen =
        schema.has("patternProperties")
            || more != null && !(more.isBoolean() && !more.booleanValue());
    JsonNode properties = schema.get("properties");
    if (properties == null || properties.isEmpty()) {
      return isOpen && more != null && more.isObject() && !schema.has("patternProperties")
          ? DataTypes.createMapType(DataTypes.StringType, type(more))
          : DataTypes.StringType;
    }
    if (isOpen) {
      return DataTypes.StringType;
    }
    StructType struct = new StructType();
    Set<String> names = new HashSet<>();
    for (Map.Entry<String, JsonNode> property : properties.properties()) {
      if (!names.add(property.getKey().toLowerCase(Locale.ROOT))) {
        return DataTypes.StringType;
      }
      struct = struct.add(property.getKey(), type(property.getValue()));
    }
    return struct;
  }

  private DataType array(JsonNode schema) {
    JsonNode items = schema.get("items");
    return schema.has("prefixItems") || items == null || !items.isObject()
        ? DataTypes.StringType
        : DataTypes.createArrayType(type(items));
  }
}
