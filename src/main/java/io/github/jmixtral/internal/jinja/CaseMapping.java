package io.github.jmixtral.internal.jinja;

import java.util.Locale;
import java.util.Map;

/** Upper, lower and title case, as Unicode's full mappings have them. */
final class CaseMapping {
  /** Title case where it is neither Java's nor the upper case with the rest in lower case. */
  private static final Map<Integer, String> TITLES =
      Map.ofEntries(
          Map.entry(0x149, "\u02BCN"),
          Map.entry(0x1FB2, "\u1FBA\u0345"),
          Map.entry(0x1FB4, "\u0386\u0345"),
          Map.entry(0x1FB7, "\u1FBC\u0342"),
          Map.entry(0x1FC2, "\u1FCA\u0345"),
          Map.entry(0x1FC4, "\u0389\u0345"),
          Map.entry(0x1FC7, "\u1FCC\u0342"),
          Map.entry(0x1FF2, "\u1FFA\u0345"),
          Map.entry(0x1FF4, "\u038F\u0345"),
          Map.entry(0x1FF7, "\u1FFC\u0342"));

  private CaseMapping() {}

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static String titleOf(int codePoint) {
    String special = TITLES.get(codePoint);
    if (special != null) {
      return special;
    }
    int title = Character.toTitleCase(codePoint);
    String upper = upper(Character.toString(codePoint));
    if (title != Character.toUpperCase(codePoint) || upper.codePointCount(0, upper.length()) == 1) {
      return Character.toString(title);
    }
    if (title != codePoint) {
      return Character.toString(title);
    }
    int first = upper.offsetByCodePoints(0, 1);
    return upper.substring(0, first) + lower(upper.substring(first));
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    String lower = lower(text);
    String lowerFirst = lower(text.substring(0, first));
    return titleOf(text.codePointAt(0))
        + (lower.startsWith(lowerFirst)
            ? lower.substring(lowerFirst.length())
            : lower(text.substring(first)));
  }

  /** {@code str.title}: each run of letters with case begins with a capital. */
  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      int end = i + Character.charCount(codePoint);
      out.append(inWord ? lowerAt(text, i, end) : titleOf(codePoint));
      inWord = isCased(codePoint);
      i = end;
    }
    return out.toString();
  }

  /** A letter in lower case; a sigma looks at what is around it. */
  private static String lowerAt(String text, int from, int to) {
    if (text.charAt(from) == 'Σ') {
      String before = text.substring(Math.max(0, from - 30), from);
      String after = text.substring(to, Math.min(text.length(), to + 30));
      String lower = lower(before + "Σ" + after);
      int place = lower(before).length();
      return place < lower.length() && lower.charAt(place) == 'ς' ? "ς" : "σ";
    }
    return lower(text.substring(from, to));
  }

  static String swapCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      int end = i + Character.charCount(codePoint);
      if (Character.isUpperCase(codePoint)) {
        out.append(lowerAt(text, i, end));
      } else if (Character.isLowerCase(codePoint)) {
        out.append(upper(text.substring(i, end)));
      } else {
        out.appendCodePoint(codePoint);
      }
      i = end;
    }
    return out.toString();
  }

  /**
   * Case folding: lower case of upper case, but for Cherokee, whose capitals are the common form.
   */
  static String caseFold(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            codePoint -> {
              String one = Character.toString(codePoint);
              if (codePoint == 0x1E9E) {
                out.append("ss");
              } else if (codePoint == 0x131) {
                out.append(one);
              } else if (isCherokee(codePoint)) {
                out.append(upper(one));
              } else {
                out.append(lower(upper(one)).replace('ς', 'σ'));
              }
            });
    return out.toString();
  }

  private static boolean isCherokee(int codePoint) {
    return codePoint >= 0x13A0 && codePoint <= 0x13FF || codePoint >= 0xAB70 && codePoint <= 0xABBF;
  }

  static boolean isCased(int codePoint) {
    return Character.isUpperCase(codePoint)
        || Character.isLowerCase(codePoint)
        || Character.isTitleCase(codePoint);
  }

  static boolean isLower(String text) {
    return text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c))
        && text.codePoints().anyMatch(Character::isLowerCase);
  }

  static boolean isUpper(String text) {
    return text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c))
        && text.codePoints().anyMatch(Character::isUpperCase);
  }

  static boolean isTitle(String text) {
    boolean inWord = false;
    boolean any = false;
    for (int codePoint : text.codePoints().toArray()) {
      if (Character.isUpperCase(codePoint) || Character.isTitleCase(codePoint)) {
        if (inWord) {
          return false;
        }
        inWord = true;
        any = true;
      } else if (Character.isLowerCase(codePoint)) {
        if (!inWord) {
          return false;
        }
        any = true;
      } else {
        inWord = false;
      }
    }
    return any;
  }
}
