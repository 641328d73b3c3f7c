package io.github.jmixtral.benchmarks.plots;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Lines over a logarithmic axis, as SVG that reads well on light and on dark ground.
 *
 * @param title what is shown
 * @param xLabel what the numbers at the bottom count
 * @param yLabel what the numbers on the left count
 * @param logarithmic whether the vertical axis is logarithmic, too; else it begins at 0
 * @param lines what is drawn, at most four
 */
record LinePlot(String title, String xLabel, String yLabel, boolean logarithmic, List<Line> lines) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 400;
  private static final int LEFT = 76;
  private static final int RIGHT = 120;
  private static final int TOP = 48;
  private static final int BOTTOM = 56;

  private static final String STYLE =
      """
      <style>
        text { font: 13px system-ui, sans-serif; fill: #333 }
        .title { font-size: 15px; font-weight: 600 }
        .grid { stroke: #ccc; stroke-width: 1 }
        .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
        .s0 { stroke: #0969da } .f0 { fill: #0969da }
        .s1 { stroke: #bc4c00 } .f1 { fill: #bc4c00 }
        .s2 { stroke: #1a7f37 } .f2 { fill: #1a7f37 }
        .s3 { stroke: #8250df } .f3 { fill: #8250df }
        @media (prefers-color-scheme: dark) {
          text { fill: #ddd } .grid { stroke: #444 }
          .s0 { stroke: #58a6ff } .f0 { fill: #58a6ff }
          .s1 { stroke: #f0883e } .f1 { fill: #f0883e }
          .s2 { stroke: #3fb950 } .f2 { fill: #3fb950 }
          .s3 { stroke: #bc8cff } .f3 { fill: #bc8cff }
        }
      </style>
      """;

  /**
   * A line.
   *
   * @param name stands at its end
   * @param points by their place on the horizontal axis
   */
  record Line(String name, SortedMap<Double, Double> points) {}

  /** The SVG document. */
  String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n"
            .formatted(WIDTH, HEIGHT, title));
    svg.append(STYLE);
    text(svg, "title", "start", LEFT, 24, title);
    text(svg, "", "middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, xLabel);
    text(svg, "", "start", 8, TOP - 8, yLabel);
    for (double tick : yTicks()) {
      double y = y(tick);
      svg.append(
          "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>%n"
              .formatted(LEFT, y, WIDTH - RIGHT, y));
      text(svg, "", "end", LEFT - 8, y + 4, number(tick));
    }
    for (double x : xs()) {
      text(svg, "", "middle", x(x), HEIGHT - BOTTOM + 20, number(x));
    }
    for (int i = 0; i < lines.size(); i++) {
      draw(svg, i, lines.get(i));
    }
    return svg.append("</svg>\n").toString();
  }

  private void draw(StringBuilder svg, int number, Line line) {
    List<String> places = new ArrayList<>();
    line.points().forEach((x, y) -> places.add("%.1f,%.1f".formatted(x(x), y(y))));
    svg.append(
        "<polyline class=\"line s%d\" points=\"%s\"/>%n"
            .formatted(number, String.join(" ", places)));
    line.points()
        .forEach(
            (x, y) ->
                svg.append(
                    "<circle class=\"f%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>%s: %s</title></circle>%n"
                        .formatted(number, x(x), y(y), number(x), number(y))));
    double end = line.points().lastKey();
    svg.append(
        "<text class=\"f%d\" style=\"fill: currentcolor\" x=\"%.1f\" y=\"%.1f\">%s</text>%n"
            .formatted(number, x(end) + 10, y(line.points().get(end)) + 4, line.name()));
  }

  private static void text(
      StringBuilder svg, String style, String anchor, double x, double y, String text) {
    svg.append(
        "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n"
            .formatted(style, anchor, x, y, text));
  }

  private TreeSet<Double> xs() {
    TreeSet<Double> xs = new TreeSet<>();
    lines.forEach(line -> xs.addAll(line.points().keySet()));
    return xs;
  }

  private TreeSet<Double> ys() {
    TreeSet<Double> ys = new TreeSet<>();
    lines.forEach(line -> ys.addAll(line.points().values()));
    return ys;
  }

  private double x(double value) {
    double first = Math.log(xs().getFirst());
    double last = Math.log(xs().getLast());
    return LEFT + 16 + (WIDTH - LEFT - RIGHT - 32) * (Math.log(value) - first) / (last - first);
  }

  private double y(double value) {
    List<Double> ticks = yTicks();
    double low = logarithmic ? Math.log(ticks.getFirst()) : 0;
    double high = logarithmic ? Math.log(ticks.getLast()) : ticks.getLast();
    double place = logarithmic ? Math.log(value) : value;
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (place - low) / (high - low);
  }

  /** Round numbers that enclose all values. */
  private List<Double> yTicks() {
    List<Double> ticks = new ArrayList<>();
    if (logarithmic) {
      double tick = Math.pow(10, Math.floor(Math.log10(ys().getFirst())));
      while (ticks.isEmpty() || ticks.getLast() < ys().getLast()) {
        ticks.add(tick);
        tick *= 10;
      }
      return ticks;
    }
    double power = Math.pow(10, Math.floor(Math.log10(ys().getLast())));
    double leading = ys().getLast() / power;
    double step = power * (leading > 5 ? 2 : leading > 2 ? 1 : 0.5);
    for (int i = 0; ticks.isEmpty() || ticks.getLast() < ys().getLast(); i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private static String number(double value) {
    return value < 10 && value != Math.rint(value)
        ? new BigDecimal(value).round(new MathContext(2)).stripTrailingZeros().toPlainString()
        : String.format(Locale.ROOT, "%,.0f", value);
  }
}
