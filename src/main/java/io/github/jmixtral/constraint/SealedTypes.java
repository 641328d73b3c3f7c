package io.github.jmixtral.constraint;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.Version;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;
import tools.jackson.databind.jsontype.NamedType;

/**
 * Makes Jackson tell the records of a sealed interface apart by a member that names them. Jackson's
 * own annotations are not looked at.
 */
final class SealedTypes extends NopAnnotationIntrospector {
  /** The member that names the record. */
  static final String TAG = "@type";

  private static final long serialVersionUID = 1;

  /**
   * The records of a sealed interface, and of those that it permits, by their simple names.
   *
   * @param place what asks for them, for messages
   */
  static Map<String, Class<?>> records(String place, Class<?> sealedType) {
    Map<String, Class<?>> records = new LinkedHashMap<>();
    addRecords(place, sealedType, records);
    return records;
  }

  private static void addRecords(String place, Class<?> type, Map<String, Class<?>> records) {
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      if (permitted.isSealed() && permitted.isInterface()) {
        addRecords(place, permitted, records);
      } else if (!permitted.isRecord()) {
        throw new IllegalArgumentException(
            "%s: the sealed interface %s permits %s, which is no record"
                .formatted(place, type.getName(), permitted.getName()));
      } else {
        Class<?> other = records.put(permitted.getSimpleName(), permitted);
        if (other != null && other != permitted) {
          throw new IllegalArgumentException(
              "%s: the sealed interface %s permits two records named %s"
                  .formatted(place, type.getName(), permitted.getSimpleName()));
        }
      }
    }
  }

  private static boolean isUnion(Annotated annotated) {
    return annotated instanceof AnnotatedClass
        && annotated.getRawType().isSealed()
        && annotated.getRawType().isInterface();
  }

  @Override
  public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
      MapperConfig<?> config, Annotated annotated) {
    return isUnion(annotated)
        ? JsonTypeInfo.Value.construct(
            JsonTypeInfo.Id.NAME, JsonTypeInfo.As.PROPERTY, TAG, null, false, true, null)
        : null;
  }

  @Override
  public @Nullable List<NamedType> findSubtypes(MapperConfig<?> config, Annotated annotated) {
    return isUnion(annotated)
        ? records(annotated.getName(), annotated.getRawType()).entrySet().stream()
            .map(entry -> new NamedType(entry.getValue(), entry.getKey()))
            .toList()
        : null;
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }
}
