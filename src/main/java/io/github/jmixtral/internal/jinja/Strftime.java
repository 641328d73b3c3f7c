package io.github.jmixtral.internal.jinja;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Dates as C's {@code strftime} writes them in its own locale, with glibc's flags and widths. */
final class Strftime {
  private static final int WIDEST = 1000;

  private final ZonedDateTime time;
  private final Work work;

  private Strftime(ZonedDateTime time, Work work) {
    this.time = time;
    this.work = work;
  }

  /** The time of the rendering's clock. */
  static Text format(Text format, Rendering rendering) {
    Strftime strftime = new Strftime(ZonedDateTime.now(rendering.clock()), rendering.work());
    return Text.from(strftime.expand(format.string()), format);
  }

  private String expand(String format) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < format.length()) {
      work.step();
      char unit = format.charAt(at++);
      if (unit != '%') {
        out.append(unit);
        continue;
      }
      int from = at - 1;
      char flag = 0;
      boolean swap = false;
      boolean upper = false;
      while (at < format.length() && "_-0^#".indexOf(format.charAt(at)) >= 0) {
        char given = format.charAt(at++);
        swap |= given == '#';
        upper |= given == '^';
        flag = given == '#' || given == '^' ? flag : given;
      }
      int width = 0;
      while (at < format.length() && Characters.isAsciiDigit(format.charAt(at))) {
        width = Math.min(WIDEST + 1, width * 10 + format.charAt(at++) - '0');
      }
      if (width > WIDEST) {
        throw JinjaException.notSupported("a date so wide");
      }
      if (at < format.length() && (format.charAt(at) == 'E' || format.charAt(at) == 'O')) {
        at++;
      }
      String field = at < format.length() ? field(format.charAt(at++), flag, width, swap) : null;
      if (field == null) {
        out.append(format, from, at);
      } else {
        out.append(upper ? field.toUpperCase(Locale.ROOT) : field);
      }
    }
    work.characters(out.length());
    return out.toString();
  }

  /** Null if there is no such conversion. */
  private @Nullable String field(char conversion, char flag, int width, boolean swap) {
    int day = time.getDayOfWeek().getValue() % 7;
    int hour12 = time.getHour() % 12 == 0 ? 12 : time.getHour() % 12;
    return switch (conversion) {
      case 'a' -> words(day().substring(0, 3), flag, width, swap);
      case 'A' -> words(day(), flag, width, swap);
      case 'b', 'h' -> words(month().substring(0, 3), flag, width, swap);
      case 'B' -> words(month(), flag, width, swap);
      case 'c' -> words(expand("%a %b %e %H:%M:%S %Y"), flag, width, false);
      case 'C' -> number(Math.floorDiv(time.getYear(), 100), 2, '0', flag, width);
      case 'd' -> number(time.getDayOfMonth(), 2, '0', flag, width);
      case 'D', 'x' -> words(expand("%m/%d/%y"), flag, width, false);
      case 'e' -> number(time.getDayOfMonth(), 2, '_', flag, width);
      case 'f' -> String.format("%06d", time.getNano() / 1000);
      case 'F' -> words(expand("%Y-%m-%d"), flag, width, false);
      case 'g' -> number(Math.floorMod(isoYear(), 100), 2, '0', flag, width);
      case 'G' -> number(isoYear(), 1, '0', flag, width);
      case 'H' -> number(time.getHour(), 2, '0', flag, width);
      case 'I' -> number(hour12, 2, '0', flag, width);
      case 'j' -> number(time.getDayOfYear(), 3, '0', flag, width);
      case 'k' -> number(time.getHour(), 2, '_', flag, width);
      case 'l' -> number(hour12, 2, '_', flag, width);
      case 'm' -> number(time.getMonthValue(), 2, '0', flag, width);
      case 'M' -> number(time.getMinute(), 2, '0', flag, width);
      case 'n' -> words("\n", flag, width, false);
      case 'p' -> {
        String half = time.getHour() < 12 ? "AM" : "PM";
        yield words(swap ? half.toLowerCase(Locale.ROOT) : half, flag, width, false);
      }
      case 'P' -> words(time.getHour() < 12 ? "am" : "pm", flag, width, false);
      case 'r' -> words(expand("%I:%M:%S %p"), flag, width, false);
      case 'R' -> words(expand("%H:%M"), flag, width, false);
      case 's' -> number(time.toEpochSecond(), 1, '0', flag, width);
      case 'S' -> number(time.getSecond(), 2, '0', flag, width);
      case 't' -> words("\t", flag, width, false);
      case 'T', 'X' -> words(expand("%H:%M:%S"), flag, width, false);
      case 'u' -> number(time.getDayOfWeek().getValue(), 1, '0', flag, width);
      case 'U' -> number((time.getDayOfYear() - 1 + 7 - day) / 7, 2, '0', flag, width);
      case 'V' -> number(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, '0', flag, width);
      case 'w' -> number(day, 1, '0', flag, width);
      case 'W' -> number((time.getDayOfYear() - 1 + 7 - (day + 6) % 7) / 7, 2, '0', flag, width);
      case 'y' -> number(Math.floorMod(time.getYear(), 100), 2, '0', flag, width);
      case 'Y' -> number(time.get(ChronoField.YEAR), 1, '0', flag, width);
      case 'z', 'Z' -> "";
      case '%' -> words("%", flag, width, false);
      default -> null;
    };
  }

  private String day() {
    return time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }

  private String month() {
    return time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }

  private int isoYear() {
    return time.get(IsoFields.WEEK_BASED_YEAR);
  }

  private static String words(String text, char flag, int width, boolean upper) {
    String pad = (flag == '0' ? "0" : " ").repeat(Math.max(0, width - text.length()));
    return pad + (upper ? text.toUpperCase(Locale.ROOT) : text);
  }

  private static String number(long number, int digits, char usualPad, char flag, int width) {
    String text = Long.toString(number);
    char pad = flag == 0 ? usualPad : flag;
    if (pad == '-') {
      return text;
    }
    int missing = Math.max(digits, width) - text.length();
    return (pad == '_' ? " " : "0").repeat(Math.max(0, missing)) + text;
  }
}
