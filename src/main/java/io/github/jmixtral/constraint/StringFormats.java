package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The formats of strings that are enforced: not all texts that a standard allows, but only such,
 * and such that common programs read.
 */
final class StringFormats {
  private static final String OF_400_YEARS =
      "(?:[02468][048]|[13579][26])"; // two digits that 4 divides
  private static final String LEAP_YEAR =
      "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?!00)" + OF_400_YEARS + "00)";
  private static final String DATE =
      "(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
          + "|02-(?:0[1-9]|1[0-9]|2[0-8]))|"
          + LEAP_YEAR
          + "-02-29)";
  private static final String CLOCK =
      "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?";
  // No country is further from Greenwich than fourteen hours.
  private static final String OFFSET =
      "(?:Z|\\+(?:0[0-9]|1[0-3]):[0-5][0-9]|\\+14:00|-(?:0[1-9]|1[01]):[0-5][0-9]|-12:00)";
  private static final String DURATION =
      "P(?:[0-9]{1,6}W|(?=[0-9T])(?:[0-9]{1,6}D)?(?:T(?=[0-9])(?:[0-9]{1,6}H)?(?:[0-9]{1,6}M)?"
          + "(?:[0-9]{1,6}S)?)?)";
  private static final String LABEL = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}";
  private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,2}";
  private static final String DOMAIN =
      "[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?){0,3}"
          + "\\."
          + topLevelDomains();
  private static final String EMAIL =
      "[A-Za-z0-9_+-]{1,20}(?:\\.[A-Za-z0-9_+-]{1,20}){0,2}@" + DOMAIN;
  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final String IPV4 = BYTE + "(?:\\." + BYTE + "){3}";
  private static final String GROUP = "[0-9a-fA-F]{1,4}";
  private static final String IPV6 =
      "(?:(?:GROUP:){7}GROUP|(?:GROUP:){1,7}:|(?:GROUP:){1,6}:GROUP|::(?:GROUP:){0,6}GROUP|::)"
          .replace("GROUP", GROUP);
  private static final String UUID =
      "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
  private static final String PORT =
      "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
  private static final String ESCAPED_BYTE = "%[0-9A-Fa-f]{2}";
  private static final String PATH_CHARACTER =
      "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|" + ESCAPED_BYTE + ")";
  private static final String URI =
      "(?:https?|ftp|file)://(?:DOMAIN|localhost|IPV4)(?::PORT)?(?:/PATH*)*(?:\\?(?:PATH|[/?])*)?(?:#(?:PATH|[/?])*)?"
          .replace("DOMAIN", DOMAIN)
          .replace("IPV4", IPV4)
          .replace("PORT", PORT)
          .replace("PATH", PATH_CHARACTER);

  private static final String URI_TEMPLATE =
      "https?://DOMAIN(?:/(?:PATH|\\{[A-Za-z][A-Za-z0-9]*\\})*)*(?:\\{\\?[A-Za-z][A-Za-z0-9]*\\})?"
          .replace("DOMAIN", DOMAIN)
          .replace("PATH", PATH_CHARACTER);
  private static final String JSON_POINTER = "(?:/(?:[^~/]|~[01])*)*";

  private static final String COMMON_DOMAINS =
      """
      com org net edu gov int mil info biz name eu uk
      app art blog cloud club dev link live media mobi news online page pro shop site space store
      tech today wiki work world xyz\
      """;

  private StringFormats() {}

  /** Those of countries and the common others: validators know lists of them. */
  private static String topLevelDomains() {
    String withoutDomain = "BL BQ EH GB MF UM";
    return Stream.concat(
            COMMON_DOMAINS.lines().flatMap(line -> Stream.of(line.split(" "))),
            Arrays.stream(Locale.getISOCountries())
                .filter(code -> !withoutDomain.contains(code))
                .map(code -> code.toLowerCase(Locale.ROOT)))
        .collect(Collectors.joining("|", "(?:", ")"));
  }

  /** The texts of a format; nothing if it is not enforced. */
  static Optional<Expression> named(String format) {
    String expression =
        switch (format) {
          case "date" -> DATE;
          case "time" -> CLOCK + OFFSET;
          case "date-time" -> DATE + "T" + CLOCK + OFFSET;
          // Java's types without an offset, which no standard names.
          case "local-time" -> CLOCK;
          case "local-date-time" -> DATE + "T" + CLOCK;
          case "duration" -> DURATION;
          case "email", "idn-email" -> EMAIL;
          case "hostname" -> HOST;
          case "idn-hostname" -> HOST.replace("A-Z", "");
          case "ipv4" -> IPV4;
          case "ipv6" -> IPV6;
          case "uuid" -> UUID;
          case "uri", "iri", "uri-reference", "iri-reference" -> URI;
          case "uri-template" -> URI_TEMPLATE;
          case "json-pointer" -> JSON_POINTER;
          case "relative-json-pointer" -> "(?:0|[1-9][0-9]{0,5})(?:#|" + JSON_POINTER + ")";
          default -> null;
        };
    return Optional.ofNullable(expression)
        .map(text -> RegexParser.finding("format " + format, "^(?:" + text + ")$"));
  }
}
