import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the unrolled loops of the SIMD kernels from the templates in scripts/kernels:
 *
 * <pre>
 * java scripts/GenerateKernels.java           then scripts/format
 * java scripts/GenerateKernels.java --check   changes nothing; fails when a file is not what its template gives
 * </pre>
 *
 * A template is Java with directives in comments, and names that stand for text. What several use
 * is defined in shared.definitions:
 *
 * <pre>
 * //% for t in 0..5            the lines up to end once for each number, the last one included
 * //% define step(name, at)    the lines up to end, to be used later …
 * //% use step(x$t, pairs[i])  … here
 * //% end
 * //%% a comment on the template, not on the code
 * $t  ${t}  ${2 * t + 1}       what a number or an argument stands for, or a sum of products of such
 * </pre>
 */
public final class GenerateKernels {
  private static final Path TEMPLATES = Path.of("scripts", "kernels");
  private static final Path TARGET =
      Path.of("src", "main", "java", "io", "github", "jmixtral", "internal", "kernel");
  private static final String SUFFIX = ".template";

  /** What every template may use: a file of definitions alone. */
  private static final Path SHARED = TEMPLATES.resolve("shared.definitions");

  private static final Pattern FOR = Pattern.compile("for (\\w+) in (.+)\\.\\.(.+)");
  private static final Pattern CALL = Pattern.compile("(define|use) (\\w+)\\((.*)\\)");
  private static final Pattern NAME = Pattern.compile("\\$(?:(\\w+)|\\{([^}]*)})");

  /** What a template defines: its parameters and lines. */
  private record Definition(List<String> parameters, List<String> lines) {}

  private final Map<String, Definition> definitions = new HashMap<>();
  private final StringBuilder out = new StringBuilder();

  private GenerateKernels() {}

  /** Writes the files, or compares them. */
  public static void main(String[] arguments) throws IOException {
    boolean check = arguments.length == 1 && arguments[0].equals("--check");
    if (arguments.length > 0 && !check) {
      System.err.println("usage: java scripts/GenerateKernels.java [--check]");
      System.exit(2);
    }
    boolean same = true;
    for (Map.Entry<Path, String> file : generated().entrySet()) {
      String stored = Files.exists(file.getKey()) ? Files.readString(file.getKey()) : "";
      if (withoutSpace(stored).equals(withoutSpace(file.getValue()))) {
        continue;
      }
      if (check) {
        System.err.println(file.getKey() + ": not what its template gives");
        same = false;
      } else {
        Files.writeString(file.getKey(), file.getValue());
        System.out.println(file.getKey() + ": written; now format it with scripts/format");
      }
    }
    if (!same) {
      System.exit(1);
    }
  }

  /** The formatter breaks lines, and begins those of Javadoc with an asterisk. */
  private static String withoutSpace(String source) {
    return source.replaceAll("(?m)^\\s*\\*(?!/)", "").replaceAll("\\s", "");
  }

  private static Map<Path, String> generated() throws IOException {
    Map<Path, String> files = new TreeMap<>();
    try (DirectoryStream<Path> templates = Files.newDirectoryStream(TEMPLATES, "*" + SUFFIX)) {
      for (Path template : templates) {
        String name = template.getFileName().toString();
        GenerateKernels generator = new GenerateKernels();
        generator.expand(Files.readAllLines(SHARED), Map.of());
        generator.out.setLength(0);
        generator
            .out
            .append("// Generated from scripts/kernels/")
            .append(name)
            .append(": do not edit.\n")
            .append("// Change the template and run scripts/GenerateKernels.java.\n");
        generator.expand(Files.readAllLines(template), Map.of());
        String source = name.substring(0, name.length() - SUFFIX.length()) + ".java";
        files.put(TARGET.resolve(source), generator.out.toString());
      }
    }
    return files;
  }

  private void expand(List<String> lines, Map<String, String> scope) {
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.strip().startsWith("//%")) {
        out.append(substitute(line, scope)).append('\n');
        continue;
      }
      String directive = line.strip().substring(3).strip();
      if (directive.startsWith("%")) {
        continue;
      }
      if (directive.startsWith("use ")) {
        use(directive, scope);
        continue;
      }
      int end = endOf(lines, i);
      List<String> body = lines.subList(i + 1, end);
      if (directive.startsWith("for ")) {
        repeat(directive, body, scope);
      } else {
        define(directive, body);
      }
      i = end;
    }
  }

  private void repeat(String directive, List<String> body, Map<String, String> scope) {
    Matcher range = match(FOR, directive);
    int last = evaluate(substitute(range.group(3), scope), scope);
    for (int i = evaluate(substitute(range.group(2), scope), scope); i <= last; i++) {
      Map<String, String> inner = new HashMap<>(scope);
      inner.put(range.group(1), "" + i);
      expand(body, inner);
    }
  }

  private void define(String directive, List<String> body) {
    Matcher call = match(CALL, directive);
    definitions.put(call.group(2), new Definition(split(call.group(3)), List.copyOf(body)));
  }

  private void use(String directive, Map<String, String> scope) {
    Matcher call = match(CALL, substitute(directive, scope));
    Definition definition = definitions.get(call.group(2));
    List<String> arguments = split(call.group(3));
    if (definition == null || arguments.size() != definition.parameters.size()) {
      throw new IllegalArgumentException("no such definition: " + directive);
    }
    Map<String, String> inner = new HashMap<>(scope);
    for (int i = 0; i < arguments.size(); i++) {
      inner.put(definition.parameters.get(i), arguments.get(i));
    }
    expand(definition.lines, inner);
  }

  private static Matcher match(Pattern pattern, String directive) {
    Matcher matcher = pattern.matcher(directive);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a directive: " + directive);
    }
    return matcher;
  }

  /** The line with the end that belongs to a beginning. */
  private static int endOf(List<String> lines, int begin) {
    int depth = 0;
    for (int i = begin; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("//% for ") || line.startsWith("//% define ")) {
        depth++;
      } else if (line.equals("//% end") && --depth == 0) {
        return i;
      }
    }
    throw new IllegalArgumentException("without an end: " + lines.get(begin));
  }

  /** Arguments, at the commas outside all brackets. */
  private static List<String> split(String list) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < list.length(); i++) {
      char c = list.charAt(i);
      depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
      if (c == ',' && depth == 0) {
        parts.add(list.substring(from, i).strip());
        from = i + 1;
      }
    }
    if (!list.isBlank()) {
      parts.add(list.substring(from).strip());
    }
    return parts;
  }

  private static String substitute(String line, Map<String, String> scope) {
    return NAME.matcher(line)
        .replaceAll(
            name -> {
              String value =
                  name.group(1) == null
                      ? value(name.group(2), scope)
                      : scope.getOrDefault(name.group(1), "$" + name.group(1));
              return Matcher.quoteReplacement(value);
            });
  }

  private static String value(String expression, Map<String, String> scope) {
    return scope.containsKey(expression) ? scope.get(expression) : "" + evaluate(expression, scope);
  }

  /** A sum of products of numbers and names of such. */
  private static int evaluate(String expression, Map<String, String> scope) {
    int sum = 0;
    for (String term : expression.split("\\+")) {
      int product = 1;
      for (String factor : term.split("\\*")) {
        String number = factor.strip();
        product *= Integer.parseInt(scope.getOrDefault(number, number));
      }
      sum += product;
    }
    return sum;
  }
}
