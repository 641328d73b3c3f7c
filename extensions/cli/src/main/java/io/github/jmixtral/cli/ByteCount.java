package io.github.jmixtral.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of bytes as people write them: {@code 5GB}, {@code 600 kB}, {@code 1GiB}. */
final class ByteCount {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})\\s*([KMGT]?)(I?)B?");
  private static final String PREFIXES = "KMGT";

  private ByteCount() {}

  /** The number, where the text is one, positive and below 2^63. */
  static Optional<Long> of(String text) {
    Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long unit = matcher.group(3).isEmpty() ? 1000 : 1024;
    long bytes = Long.parseLong(matcher.group(1));
    int powers = matcher.group(2).isEmpty() ? 0 : PREFIXES.indexOf(matcher.group(2)) + 1;
    try {
      for (int i = 0; i < powers; i++) {
        bytes = Math.multiplyExact(bytes, unit);
      }
    } catch (ArithmeticException _) {
      return Optional.empty();
    }
    return bytes > 0 ? Optional.of(bytes) : Optional.empty();
  }
}
