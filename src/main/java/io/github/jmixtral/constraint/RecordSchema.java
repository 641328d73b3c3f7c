package io.github.jmixtral.constraint;

import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes a JSON schema of a record's components; {@link RecordBinding} says of which. */
final class RecordSchema {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** The schemas of all records met, by class; what refers to them refers by name. */
  private final Map<Class<?>, ObjectNode> records = new LinkedHashMap<>();

  private RecordSchema() {}

  static String of(Class<? extends Record> type) {
    RecordSchema schema = new RecordSchema();
    ObjectNode root = schema.reference(type);
    ObjectNode definitions = root.putObject("$defs");
    schema.records.forEach((known, node) -> definitions.set(known.getName(), node));
    return root.toString();
  }

  private ObjectNode reference(Class<?> type) {
    if (!records.containsKey(type)) {
      requireAccess(type);
      ObjectNode schema = NODES.objectNode();
      records.put(type, schema);
      define(type, schema);
    }
    return NODES.objectNode().put("$ref", "#/$defs/" + type.getName());
  }

  private void define(Class<?> type, ObjectNode schema) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (RecordComponent component : type.getRecordComponents()) {
      String place = type.getSimpleName() + "." + component.getName();
      Type componentType = component.getGenericType();
      Optional<Type> inside = argument(componentType, Optional.class, 0);
      properties.set(component.getName(), schema(place, inside.orElse(componentType)));
      if (inside.isEmpty()) {
        required.add(component.getName());
      }
    }
    schema.put("additionalProperties", false);
  }

  private ObjectNode schema(String place, Type type) {
    Optional<Type> element = argument(type, List.class, 0);
    if (element.isPresent()) {
      ObjectNode array = NODES.objectNode().put("type", "array");
      array.set("items", schema(place, element.get()));
      return array;
    }
    Optional<Type> value = argument(type, Map.class, 1);
    if (value.isPresent() && argument(type, Map.class, 0).get() == String.class) {
      ObjectNode map = NODES.objectNode().put("type", "object");
      map.set("additionalProperties", schema(place, value.get()));
      return map;
    }
    if (type instanceof Class<?> plain) {
      if (plain.isRecord()) {
        return reference(plain);
      }
      if (plain.isEnum()) {
        ArrayNode names = NODES.arrayNode();
        for (Object constant : plain.getEnumConstants()) {
          names.add(((Enum<?>) constant).name());
        }
        ObjectNode choice = NODES.objectNode();
        choice.set("enum", names);
        return choice;
      }
      Optional<ObjectNode> scalar = scalar(plain);
      if (scalar.isPresent()) {
        return scalar.get();
      }
    }
    throw new IllegalArgumentException(
        place
            + ": expected a String, a boolean, a number or its box, an enum, a record, a List, a"
            + " Map<String, …> or, as a component, an Optional; found "
            + type.getTypeName());
  }

  private static Optional<ObjectNode> scalar(Class<?> type) {
    ObjectNode node = NODES.objectNode();
    if (type == String.class) {
      return Optional.of(node.put("type", "string"));
    }
    if (type == boolean.class || type == Boolean.class) {
      return Optional.of(node.put("type", "boolean"));
    }
    if (type == float.class
        || type == Float.class
        || type == double.class
        || type == Double.class) {
      return Optional.of(node.put("type", "number"));
    }
    if (type == long.class || type == Long.class) {
      return Optional.of(node.put("type", "integer"));
    }
    if (type == int.class || type == Integer.class) {
      return Optional.of(integer(node, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }
    if (type == short.class || type == Short.class) {
      return Optional.of(integer(node, Short.MIN_VALUE, Short.MAX_VALUE));
    }
    if (type == byte.class || type == Byte.class) {
      return Optional.of(integer(node, Byte.MIN_VALUE, Byte.MAX_VALUE));
    }
    return Optional.empty();
  }

  private static ObjectNode integer(ObjectNode node, int minimum, int maximum) {
    return node.put("type", "integer").put("minimum", minimum).put("maximum", maximum);
  }

  private static Optional<Type> argument(Type type, Class<?> generic, int index) {
    return type instanceof ParameterizedType parameterized && parameterized.getRawType() == generic
        ? Optional.of(parameterized.getActualTypeArguments()[index])
        : Optional.empty();
  }

  /** Jackson must be able to call the constructor; without this check it would say so obscurely. */
  private static void requireAccess(Class<?> type) {
    Module module = type.getModule();
    Module jackson = JsonMapper.class.getModule();
    String packageName = type.getPackageName();
    boolean open = module.isOpen(packageName, jackson);
    boolean exported = module.isExported(packageName, jackson) && isPublic(type);
    if (!open && !exported) {
      String reader = jackson.isNamed() ? jackson.getName() : "ALL-UNNAMED";
      throw new IllegalArgumentException(
          "%s: expected a module that opens its package (opens %s to %s;), found %s, which does not"
              .formatted(type.getName(), packageName, reader, module.getName()));
    }
  }

  private static boolean isPublic(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && (type.getDeclaringClass() == null || isPublic(type.getDeclaringClass()));
  }
}
