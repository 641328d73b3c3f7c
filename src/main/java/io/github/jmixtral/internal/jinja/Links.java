package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The filter {@code urlize}: addresses in a text as links. */
final class Links {
  /** Longer words are no addresses; patterns need not try them. */
  private static final int LONGEST = 2000;

  private static final Pattern HTTP =
      Pattern.compile(
          "((https?://|www\\.)(([\\w%-]+\\.)+)?([a-z]{2,63}|xn--[\\w%]{2,59})"
              + "|([\\w%-]{2,63}\\.)+(com|net|int|edu|gov|org|info|mil)"
              + "|(https?://)((([\\d]{1,3})(\\.[\\d]{1,3}){3})"
              + "|(\\[([\\da-f]{0,4}:){2}([\\da-f]{0,4}:?){1,6}])))"
              + "(?::[\\d]{1,5})?(?:[/?#]\\S*)?$",
          Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS);

  private static final Pattern MAIL =
      Pattern.compile("\\S+@\\w[\\w.-]*\\.\\w+$", Pattern.UNICODE_CHARACTER_CLASS);

  private static final Pattern HEAD = Pattern.compile("^([(<]|&lt;)+");
  private static final Pattern TAIL = Pattern.compile("([)>.,\\n]|&gt;)+$");
  private static final String[][] PAIRS = {{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}};

  /** Asked only when there is a link; null if there is no limit. */
  private final Value limit;

  private final String attributes;
  private final List<String> schemes;

  private Links(Value limit, String attributes, List<String> schemes) {
    this.limit = limit;
    this.attributes = attributes;
    this.schemes = schemes;
  }

  /** {@code arguments}: value, trim_url_limit, nofollow, target, rel, extra_schemes. */
  static Text link(Value[] arguments, Rendering rendering) {
    Work work = rendering.work();
    TreeSet<String> relations = new TreeSet<>(Characters::compare);
    if (isGiven(arguments[4])) {
      StringSearch.splitWords(text(arguments[4]), -1).forEach(word -> relations.add(word.string()));
    }
    if (isGiven(arguments[2])) {
      relations.add("nofollow");
    }
    relations.add("noopener");
    String attributes =
        " rel=\"" + Html.escape(Text.of(String.join(" ", relations)), work).string() + "\"";
    if (isGiven(arguments[3])) {
      attributes += " target=\"" + Html.escape(arguments[3], work).string() + "\"";
    }
    List<String> schemes = new ArrayList<>();
    if (arguments[5] != null && arguments[5] != NoneValue.NONE) {
      for (Value scheme : Sequences.list(arguments[5], work)) {
        String name = text(scheme).string();
        if (!name.matches("(?U)[\\w.+-]{2,}:/{0,2}")) {
          throw JinjaException.filterArgument(
              Printing.quoted(name) + " is not a valid URI scheme prefix.");
        }
        schemes.add(name);
      }
    }
    Value limit = arguments[1] == NoneValue.NONE ? null : arguments[1];
    Text escaped = Html.escape(arguments[0], work).asPlain();
    String linked = new Links(limit, attributes, schemes).link(escaped.string(), work);
    return Text.from(linked, escaped);
  }

  private static boolean isGiven(Value value) {
    return value != null && Truth.of(value);
  }

  private static Text text(Value value) {
    if (value instanceof Text text) {
      return text;
    }
    throw JinjaException.typeError("expected str, not " + value.typeName());
  }

  private String link(String text, Work work) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    while (from < text.length()) {
      int end = from;
      boolean space = Characters.isSpace(text.charAt(from));
      while (end < text.length() && Characters.isSpace(text.charAt(end)) == space) {
        end++;
      }
      String part = text.substring(from, end);
      out.append(space || part.length() > LONGEST ? part : word(part));
      work.steps(part.length());
      work.characters(part.length());
      from = end;
    }
    work.characters(out.length());
    return out.toString();
  }

  private String word(String word) {
    String head = "";
    String middle = word;
    String tail = "";
    Matcher opening = HEAD.matcher(middle);
    if (opening.find()) {
      head = opening.group();
      middle = middle.substring(opening.end());
    }
    Matcher closing = TAIL.matcher(middle);
    if (closing.find()) {
      tail = closing.group();
      middle = middle.substring(0, closing.start());
    }
    for (String[] pair : PAIRS) {
      int opened = count(middle, pair[0]);
      if (opened <= count(middle, pair[1])) {
        continue;
      }
      for (int i = Math.min(opened, count(tail, pair[1])); i > 0; i--) {
        int end = tail.indexOf(pair[1]) + pair[1].length();
        middle += tail.substring(0, end);
        tail = tail.substring(end);
      }
    }
    return head + linked(middle) + tail;
  }

  private static int count(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private String linked(String word) {
    if (HTTP.matcher(word).lookingAt()) {
      boolean whole = word.startsWith("https://") || word.startsWith("http://");
      return "<a href=\""
          + (whole ? "" : "https://")
          + word
          + "\""
          + attributes
          + ">"
          + trimmed(word)
          + "</a>";
    }
    if (word.startsWith("mailto:") && MAIL.matcher(word.substring(7)).lookingAt()) {
      return "<a href=\"" + word + "\">" + word.substring(7) + "</a>";
    }
    if (word.contains("@")
        && !word.startsWith("www.")
        && !word.startsWith("@")
        && !word.contains(":")
        && MAIL.matcher(word).lookingAt()) {
      return "<a href=\"mailto:" + word + "\">" + word + "</a>";
    }
    String result = word;
    for (String scheme : schemes) {
      if (!result.equals(scheme) && result.startsWith(scheme)) {
        result = "<a href=\"" + result + "\"" + attributes + ">" + result + "</a>";
      }
    }
    return result;
  }

  private String trimmed(String address) {
    int length = address.codePointCount(0, address.length());
    long most = limit == null ? length : Numbers.index(limit);
    if (length <= most) {
      return address;
    }
    long kept = most < 0 ? Math.max(0, length + most) : most;
    return address.substring(0, address.offsetByCodePoints(0, (int) kept)) + "...";
  }
}
