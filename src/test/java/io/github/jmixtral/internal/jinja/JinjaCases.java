package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the reference makes of templates; see {@code fixtures/jinja/README.md}. */
final class JinjaCases {
  /** The time at which the cases were recorded. */
  static final Clock CLOCK =
      Clock.fixed(
          LocalDateTime.of(2026, 3, 5, 7, 8, 9, 12_345_000).toInstant(ZoneOffset.UTC),
          ZoneOffset.UTC);

  /**
   * A case.
   *
   * @param result empty if there is an error
   */
  record Case(
      String name,
      String template,
      Map<String, Object> context,
      Optional<String> result,
      Optional<Failure> failure) {}

  /**
   * An error of the reference.
   *
   * @param line 0 if unknown
   */
  record Failure(String kind, String message, String stage, int line) {}

  private JinjaCases() {}

  static List<Case> read(String file) {
    JsonMapper mapper = JsonMapper.builder().build();
    try (var lines = Files.lines(Fixtures.folder("jinja").resolve(file))) {
      return lines.map(mapper::readTree).map(JinjaCases::of).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Case of(JsonNode line) {
    @SuppressWarnings("unchecked")
    Map<String, Object> context = (Map<String, Object>) plain(line.get("context"));
    Optional<Failure> failure =
        line.has("error")
            ? Optional.of(
                new Failure(
                    line.get("error").stringValue(),
                    line.path("error_message").asString(""),
                    line.get("error_stage").stringValue(),
                    line.path("error_line").asInt(0)))
            : Optional.empty();
    return new Case(
        line.get("name").stringValue(),
        line.get("template").stringValue(),
        context,
        line.has("result") ? Optional.of(line.get("result").stringValue()) : Optional.empty(),
        failure);
  }

  private static Object plain(JsonNode node) {
    if (node.isNull()) {
      return null;
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isString()) {
      return node.stringValue();
    }
    if (node.isIntegralNumber()) {
      return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
    }
    if (node.isNumber()) {
      return node.doubleValue();
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(element -> list.add(plain(element)));
      return list;
    }
    Map<String, Object> map = new LinkedHashMap<>();
    node.properties().forEach(entry -> map.put(entry.getKey(), plain(entry.getValue())));
    return map;
  }
}
