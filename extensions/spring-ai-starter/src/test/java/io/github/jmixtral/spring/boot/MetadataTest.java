package io.github.jmixtral.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What editors show of the properties. */
class MetadataTest {
  private static JsonNode metadata() throws Exception {
    try (InputStream in =
        MetadataTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      return JsonMapper.shared().readTree(in);
    }
  }

  @Test
  void everyPropertyIsDescribed() throws Exception {
    Map<String, String> descriptions = new TreeMap<>();
    for (JsonNode property : metadata().get("properties")) {
      descriptions.put(
          property.get("name").stringValue(), property.path("description").stringValue(""));
    }
    assertThat(descriptions).hasSizeGreaterThan(30);
    assertThat(descriptions.keySet())
        .contains(
            "spring.ai.jmixtral.model",
            "spring.ai.jmixtral.load.cache-budget",
            "spring.ai.jmixtral.chat.temperature",
            "spring.ai.jmixtral.embedding.pooling",
            "management.health.jmixtral.enabled");
    assertThat(descriptions)
        .allSatisfy((name, description) -> assertThat(description).as(name).endsWith("."));
  }

  @Test
  void valuesOfChoicesAreHinted() throws Exception {
    TreeSet<String> hinted = new TreeSet<>();
    for (JsonNode hint : metadata().get("hints")) {
      hinted.add(hint.get("name").stringValue());
    }
    assertThat(hinted)
        .containsAll(
            List.of(
                "spring.ai.jmixtral.chat.tool-choice",
                "spring.ai.model.chat",
                "spring.ai.model.embedding"));
  }
}
