package io.github.jmixtral.benchmarks.plots;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Draws what JMH measured: {@code Plots OUT RESULTS.json …} writes {@code attention.svg}, {@code
 * attention-memory.svg}, {@code experts.svg} and {@code model.svg} into the folder OUT, as far as
 * the results have their figures, and prints the figures as tables.
 */
public final class Plots {
  private final Map<String, SortedMap<Double, Double>> lines = new TreeMap<>();
  private final KernelTable kernels = new KernelTable();

  private Plots() {}

  /** Reads, draws, prints. */
  public static void main(String[] arguments) throws IOException {
    // Numbers in SVG have a point, wherever it is drawn.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    Plots plots = new Plots();
    for (int i = 1; i < arguments.length; i++) {
      for (JsonNode result : new JsonMapper().readTree(Path.of(arguments[i]))) {
        plots.take(result);
      }
    }
    plots.print();
    plots.draw(Files.createDirectories(Path.of(arguments[0])));
  }

  /** Sorts one result into its lines. */
  private void take(JsonNode result) {
    String name = result.get("benchmark").stringValue();
    JsonNode parameters = result.get("params");
    switch (name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1)) {
      case "AttentionBenchmark.attend" -> {
        String variant = parameters.get("variant").stringValue();
        add("attention: " + variant, parameters, "length", metric(result, "tokens"));
        add("memory: " + variant, parameters, "length", metric(result, "megabytes"));
      }
      case "MoeBenchmark.forward" -> add("experts", parameters, "rows", metric(result, "tokens"));
      case "ModelBenchmark.prefill" ->
          add("model: prefill", parameters, "length", metric(result, "tokens"));
      case "ModelBenchmark.decode" ->
          add("model: decode", parameters, "length", metric(result, "tokens"));
      case "QuantizedMatMulBenchmark.multiply" ->
          kernels.add(
              parameters.get("bits").stringValue() + " bits",
              parameters.get("tokens").stringValue(),
              metric(result, "gigaop"),
              metric(result, "gigabytes"));
      case "MatMulBenchmark.multiply" ->
          kernels.add(
              parameters.get("format").stringValue(),
              parameters.get("tokens").stringValue(),
              metric(result, "gigaflop"),
              metric(result, "gigabytes"));
      case "PeakBenchmark.twoThreads" -> kernels.setPeak(metric(result, "gigaflop"));
      case "MemoryReadBenchmark.twoThreads" -> kernels.setRead(metric(result, "gigabytes"));
      // Another benchmark's: no plot shows it.
      default -> {}
    }
  }

  private void add(String line, JsonNode parameters, String x, double y) {
    lines
        .computeIfAbsent(line, _ -> new TreeMap<>())
        .put(Double.valueOf(parameters.get(x).stringValue()), y);
  }

  private static double metric(JsonNode result, String name) {
    return result.get("secondaryMetrics").get(name).get("score").doubleValue();
  }

  private void print() {
    kernels.print();
    lines.forEach(
        (line, points) -> {
          System.out.println(line);
          points.forEach((x, y) -> System.out.printf("  %6.0f  %10.1f%n", x, y));
        });
    if (lines.containsKey("attention: tiled") && lines.containsKey("attention: plain")) {
      System.out.println("attention: tiled / plain");
      lines
          .get("attention: tiled")
          .forEach(
              (length, tiled) ->
                  System.out.printf(
                      "  %6.0f  %10.2f%n",
                      length, tiled / lines.get("attention: plain").get(length)));
    }
  }

  private void draw(Path folder) throws IOException {
    draw(
        folder.resolve("attention.svg"),
        "Attention over a prompt, one layer of 8x7B",
        "ids of the prompt",
        "ids a second",
        true,
        Map.of("attention: tiled", "tiled", "attention: plain", "plain"));
    draw(
        folder.resolve("attention-memory.svg"),
        "Scratch memory of attention, one layer of 8x7B",
        "ids of the prompt",
        "MB",
        true,
        Map.of("memory: tiled", "tiled", "memory: plain", "plain"));
    draw(
        folder.resolve("experts.svg"),
        "Mixture of experts, one layer of 8x7B, 4 bits",
        "tokens at once",
        "tokens a second",
        false,
        Map.of("experts", "grouped"));
    draw(
        folder.resolve("model.svg"),
        "Two layers of the width of 8x7B, 4 bits",
        "ids of the prompt",
        "tokens a second",
        false,
        Map.of("model: prefill", "prefill", "model: decode", "decode"));
  }

  /** Draws a plot, unless a line of it has not been measured. */
  private void draw(
      Path file,
      String title,
      String xLabel,
      String yLabel,
      boolean logarithmic,
      Map<String, String> names)
      throws IOException {
    if (!lines.keySet().containsAll(names.keySet())) {
      System.out.println(file + ": not drawn, for want of " + names.keySet());
      return;
    }
    List<LinePlot.Line> drawn = new ArrayList<>();
    // The same order every time, the library's own way first.
    new TreeMap<>(names)
        .descendingMap()
        .forEach((key, name) -> drawn.add(new LinePlot.Line(name, lines.get(key))));
    Files.writeString(file, new LinePlot(title, xLabel, yLabel, logarithmic, drawn).svg());
  }
}
