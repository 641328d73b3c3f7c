package io.github.jmixtral.constraint;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes a JSON schema of a record's components; {@link RecordBinding} says of which. */
final class RecordSchema {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** Sets of more values are arrays as others: repetitions in them do no harm. */
  private static final int MOST_UNIQUE = 8;

  /** The schemas of all records met, by name; what refers to them refers by name. */
  private final Map<String, ObjectNode> records = new LinkedHashMap<>();

  /** The names by type, and by type and tag. */
  private final Map<String, String> names = new HashMap<>();

  private RecordSchema() {}

  static String of(Class<? extends Record> type) {
    RecordSchema schema = new RecordSchema();
    ObjectNode root = schema.reference(type.getSimpleName(), type, Map.of(), null);
    ObjectNode definitions = root.putObject("$defs");
    schema.records.forEach(definitions::set);
    return root.toString();
  }

  /**
   * A reference to the definition of a record.
   *
   * @param arguments what its type variables stand for
   * @param tag its name among the alternatives of a sealed interface, or null
   */
  private ObjectNode reference(
      String place, Class<?> type, Map<TypeVariable<?>, Type> arguments, @Nullable String tag) {
    List<Type> values =
        List.of(type.getTypeParameters()).stream()
            .map(variable -> resolved(place, variable, arguments))
            .toList();
    String key = type.getName() + values + tag;
    String name = names.get(key);
    if (name == null) {
      requireAccess(type);
      name = type.getName() + (values.isEmpty() ? "" : "." + names.size());
      name = tag == null ? name : name + ".tagged";
      names.put(key, name);
      ObjectNode schema = NODES.objectNode();
      records.put(name, schema);
      define(type, schema, arguments, tag);
    }
    return NODES.objectNode().put("$ref", "#/$defs/" + name);
  }

  private void define(
      Class<?> type,
      ObjectNode schema,
      Map<TypeVariable<?>, Type> arguments,
      @Nullable String tag) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    if (tag != null) {
      properties.putObject(SealedTypes.TAG).put("const", tag);
      required.add(SealedTypes.TAG);
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String place = type.getSimpleName() + "." + component.getName();
      Type componentType = resolved(place, component.getGenericType(), arguments);
      Optional<Type> inside = optional(componentType);
      properties.set(component.getName(), schema(place, inside.orElse(componentType), arguments));
      if (inside.isEmpty()) {
        required.add(component.getName());
      }
    }
    schema.put("additionalProperties", false);
  }

  /** What an optional type holds. */
  private static Optional<Type> optional(Type type) {
    if (type instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
      return Optional.of(generic.getActualTypeArguments()[0]);
    }
    Map<Type, Type> numbers =
        Map.of(
            OptionalInt.class, int.class,
            OptionalLong.class, long.class,
            OptionalDouble.class, double.class);
    return Optional.ofNullable(numbers.get(type));
  }

  private static Type resolved(String place, Type type, Map<TypeVariable<?>, Type> arguments) {
    return switch (type) {
      case TypeVariable<?> variable -> {
        Type value = arguments.get(variable);
        if (value == null) {
          throw new IllegalArgumentException(
              place + ": the type variable " + variable + " stands for no known type");
        }
        yield value;
      }
      case WildcardType wildcard -> resolved(place, wildcard.getUpperBounds()[0], arguments);
      default -> type;
    };
  }

  private ObjectNode schema(String place, Type given, Map<TypeVariable<?>, Type> arguments) {
    return switch (resolved(place, given, arguments)) {
      case GenericArrayType array ->
          array(schema(place, array.getGenericComponentType(), arguments));
      case ParameterizedType generic -> generic(place, generic, arguments);
      case Class<?> plain when plain.isArray() ->
          array(schema(place, plain.getComponentType(), arguments));
      case Class<?> plain when plain.isRecord() -> reference(place, plain, Map.of(), null);
      case Class<?> plain when plain.isEnum() -> constants(plain);
      case Class<?> plain when plain.isSealed() && plain.isInterface() ->
          alternatives(place, plain);
      case Class<?> plain -> RecordScalars.schema(plain).orElseThrow(() -> refusal(place, plain));
      case Type other -> throw refusal(place, other);
    };
  }

  private static IllegalArgumentException refusal(String place, Type type) {
    return new IllegalArgumentException(
        place
            + ": a component can't be a "
            + type.getTypeName()
            + "; use a String, a primitive or its box, a number, a date or time, a record, an"
            + " enum, a sealed interface of records, or a collection, an array, a map or an"
            + " Optional of such");
  }

  private ObjectNode generic(
      String place, ParameterizedType type, Map<TypeVariable<?>, Type> arguments) {
    Class<?> raw = (Class<?>) type.getRawType();
    Type[] values = type.getActualTypeArguments();
    for (int i = 0; i < values.length; i++) {
      values[i] = resolved(place, values[i], arguments);
    }
    if (raw == List.class || raw == Collection.class || raw == Set.class) {
      ObjectNode array = array(schema(place, values[0], arguments));
      if (raw == Set.class
          && values[0] instanceof Class<?> element
          && element.isEnum()
          && element.getEnumConstants().length <= MOST_UNIQUE) {
        array.put("uniqueItems", true);
      }
      return array;
    }
    if (raw == Map.class && values[0] instanceof Class<?> key) {
      if (key == String.class || key.isEnum()) {
        ObjectNode map = NODES.objectNode().put("type", "object");
        if (key.isEnum()) {
          map.set("propertyNames", constants(key));
        }
        map.set("additionalProperties", schema(place, values[1], arguments));
        return map;
      }
    }
    if (raw.isRecord()) {
      Map<TypeVariable<?>, Type> inside = new HashMap<>();
      for (int i = 0; i < values.length; i++) {
        inside.put(raw.getTypeParameters()[i], values[i]);
      }
      return reference(place, raw, inside, null);
    }
    throw refusal(place, type);
  }

  private static ObjectNode array(ObjectNode element) {
    ObjectNode array = NODES.objectNode().put("type", "array");
    array.set("items", element);
    return array;
  }

  private static ObjectNode constants(Class<?> type) {
    ArrayNode names = NODES.arrayNode();
    for (Object constant : type.getEnumConstants()) {
      names.add(((Enum<?>) constant).name());
    }
    ObjectNode choice = NODES.objectNode();
    choice.set("enum", names);
    return choice;
  }

  private ObjectNode alternatives(String place, Class<?> sealedType) {
    ObjectNode choice = NODES.objectNode();
    ArrayNode options = choice.putArray("anyOf");
    SealedTypes.records(place, sealedType)
        .forEach((tag, type) -> options.add(reference(place, type, Map.of(), tag)));
    return choice;
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
          "%s: its module %s does not open its package to Jackson; add 'opens %s to %s;'"
              .formatted(type.getName(), module.getName(), packageName, reader));
    }
  }

  private static boolean isPublic(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && (type.getDeclaringClass() == null || isPublic(type.getDeclaringClass()));
  }
}
