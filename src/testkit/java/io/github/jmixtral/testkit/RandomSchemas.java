package io.github.jmixtral.testkit;

import java.util.random.RandomGenerator;

/** JSON Schemas made at random, as tools have them. */
public final class RandomSchemas {
  private RandomSchemas() {}

  /**
   * A schema of an object with a few properties.
   *
   * @param depth how deep objects and lists may lie in it
   */
  public static String object(RandomGenerator random, int depth) {
    StringBuilder properties = new StringBuilder();
    StringBuilder required = new StringBuilder();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      properties.append(i == 0 ? "" : ", ").append("\"p" + i + "\": ").append(any(random, depth));
      if (random.nextBoolean()) {
        required.append(required.isEmpty() ? "" : ", ").append("\"p" + i + "\"");
      }
    }
    return "{\"type\": \"object\", \"properties\": {%s}, \"required\": [%s]}"
        .formatted(properties, required);
  }

  private static String any(RandomGenerator random, int depth) {
    int kinds = depth > 0 ? 9 : 7;
    return switch (random.nextInt(kinds)) {
      case 0 -> "{\"type\": \"string\", \"maxLength\": " + random.nextInt(20) + "}";
      case 1 -> "{\"enum\": [\"a\", \"b c\", 3, null, \"é\"]}";
      case 2 -> "{\"type\": \"integer\", \"minimum\": -5, \"maximum\": 1" + random.nextInt(9) + "}";
      case 3 -> "{\"type\": \"number\"}";
      case 4 -> "{\"type\": [\"boolean\", \"null\"]}";
      case 5 -> "{\"type\": \"string\", \"pattern\": \"^[a-c]{1,4}-[0-9]+$\", \"maxLength\": 12}";
      case 6 -> "{\"const\": \"fixed\"}";
      case 7 ->
          "{\"type\": \"array\", \"items\": %s, \"maxItems\": 3}".formatted(any(random, depth - 1));
      default -> object(random, depth - 1);
    };
  }
}
