package io.github.jmixtral.tokenizer;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.Context.Library;
import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.Importable;
import com.hubspot.jinjava.lib.fn.MacroFunction;
import com.hubspot.jinjava.objects.date.StrftimeFormatter;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Excerpt;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Renders a chat template with jinjava, the way Hugging Face's {@code apply_chat_template} does
 * with Jinja2, {@link JinjaSource} doing its part; {@code raise_exception} and {@code strftime_now}
 * exist.
 *
 * <p>Templates come from downloaded files, so they run in a box: expressions reach strings, lists,
 * maps and loop variables only ({@link PythonMethods} replaces jinjava's access to Java methods),
 * tags, filters and functions are those on a list, nothing can be included, what was rendered is
 * not interpreted again, and work, time, recursion and output are limited.
 *
 * <p>Of the classes that need the optional library, this is the one to touch first.
 */
final class JinjaRenderer {
  /** Nodes that a rendering may visit, and further ones for each message. */
  private static final int MAX_NODES = 50_000;

  private static final int MAX_NODES_OF_MESSAGE = 500;

  private static final long MAX_NANOS = 5_000_000_000L;
  static final int MAX_CHARACTERS = 16_000_000;
  private static final int MAX_DEPTH = 64;

  private static final Set<String> TAGS =
      Set.of(
          "for",
          "endfor",
          "if",
          "elif",
          "else",
          "endif",
          "set",
          "endset",
          "macro",
          "endmacro",
          "call",
          "endcall",
          "break",
          "continue",
          "raw",
          "endraw",
          "do",
          "enddo");

  private static final Set<String> FILTERS =
      Set.of(
          "abs",
          "bool",
          "capitalize",
          "count",
          "d",
          "default",
          "dictsort",
          "e",
          "escape",
          "first",
          "float",
          "indent",
          "int",
          "join",
          "last",
          "length",
          "list",
          "lower",
          "map",
          "reject",
          "rejectattr",
          "replace",
          "reverse",
          "round",
          "safe",
          "select",
          "selectattr",
          "slice",
          "sort",
          "string",
          "sum",
          "title",
          "tojson",
          "trim",
          "unique",
          "upper");

  private static final Set<String> FUNCTIONS =
      Set.of(":range", ":namespace", "fn:list", "fn:immutable_list", "fn:map_entry");

  private static final Map<Library, Set<String>> DISABLED = disabled();

  private final String template;

  /**
   * @throws UnsupportedCheckpointException if the template is broken
   */
  JinjaRenderer(String template) {
    try {
      this.template = JinjaSource.rewrite(template);
    } catch (IllegalArgumentException e) {
      throw unsupported(e.getMessage());
    }
  }

  /**
   * @throws IllegalArgumentException with the template's words, if it raises an exception
   * @throws UnsupportedCheckpointException if the template cannot be rendered
   */
  String render(Map<String, Object> variables) {
    Jinjava jinjava = new Jinjava(config(variables));
    jinjava.setResourceLocator(
        (name, charset, interpreter) -> {
          throw new IOException("chat templates include nothing");
        });
    List<String> raised = new ArrayList<>();
    jinjava.getGlobalContext().addGlobalMacro(new RaiseException(raised));
    jinjava.getGlobalContext().addGlobalMacro(new StrftimeNow());
    jinjava.registerFilter(new PythonJson(MAX_CHARACTERS));
    RenderResult result = rendered(jinjava, variables);
    if (!raised.isEmpty()) {
      throw new IllegalArgumentException("chat template: " + Excerpt.line(raised.getFirst()));
    }
    for (TemplateError error : result.getErrors()) {
      if (error.getSeverity() == TemplateError.ErrorType.FATAL) {
        throw unsupported(String.valueOf(error.getMessage()).replaceAll("\\s+", " "));
      }
    }
    return result.getOutput();
  }

  private RenderResult rendered(Jinjava jinjava, Map<String, Object> variables) {
    try {
      return jinjava.renderForResult(template, variables);
    } catch (StackOverflowError | OutOfMemoryError | TooMuchWorkException e) {
      throw unsupported("one that does not come to an end");
    }
  }

  private static UnsupportedCheckpointException unsupported(String found) {
    return new UnsupportedCheckpointException(
        "chat_template", "a template that jinjava can render", Excerpt.line(found));
  }

  private static JinjavaConfig config(Map<String, Object> variables) {
    Work work = new Work(variables);
    return JinjavaConfig.newBuilder()
        .withKeepTrailingNewline(true)
        .withLegacyOverrides(asJinja2())
        .withNestedInterpretationEnabled(false)
        .withElResolver(new PythonMethods())
        .withDisabled(DISABLED)
        .withMaxRenderDepth(MAX_DEPTH)
        .withEnableRecursiveMacroCalls(true)
        .withMaxMacroRecursionDepth(MAX_DEPTH)
        .withMaxOutputSize(MAX_CHARACTERS)
        .withMaxStringLength(MAX_CHARACTERS)
        .withMaxListSize(100_000)
        .withMaxMapSize(100_000)
        .withRangeLimit(1_000)
        .withProcessors(
            JinjavaProcessors.newBuilder()
                .withNodePreProcessor((node, interpreter) -> work.step())
                .build())
        .build();
  }

  /** What jinjava once did in its own way, and Jinja2 does not. */
  private static LegacyOverrides asJinja2() {
    return LegacyOverrides.newBuilder()
        .withEvaluateMapKeys(true)
        .withIterateOverMapKeys(true)
        .withUsePyishObjectMapper(true)
        .withUseNaturalOperatorPrecedence(true)
        .withParseWhitespaceControlStrictly(true)
        .withAllowAdjacentTextNodes(true)
        .withUseTrimmingForNotesAndExpressions(true)
        .withKeepNullableLoopValues(true)
        .withHandleBackslashInQuotesOnly(true)
        .build();
  }

  /** All names that jinjava knows by itself and that are not on our lists. */
  private static Map<Library, Set<String>> disabled() {
    Context all = new Jinjava().getGlobalContext();
    Map<Library, Set<String>> disabled = new EnumMap<>(Library.class);
    disabled.put(Library.TAG, without(all.getAllTags(), TAGS));
    disabled.put(Library.FILTER, without(all.getAllFilters(), FILTERS));
    disabled.put(Library.FUNCTION, without(all.getAllFunctions(), FUNCTIONS));
    return Collections.unmodifiableMap(disabled);
  }

  private static Set<String> without(Collection<? extends Importable> all, Set<String> allowed) {
    return all.stream()
        .map(Importable::getName)
        .filter(name -> !allowed.contains(name))
        .collect(Collectors.toSet());
  }

  /** Counts what a rendering does, and ends one that does too much. */
  private static final class Work {
    private final long began = System.nanoTime();
    private final long mostNodes;
    private long nodes;

    Work(Map<String, Object> variables) {
      int messages = variables.get("messages") instanceof Collection<?> all ? all.size() : 0;
      mostNodes = MAX_NODES + (long) messages * MAX_NODES_OF_MESSAGE;
    }

    void step() {
      nodes++;
      if (nodes > mostNodes || System.nanoTime() - began > MAX_NANOS) {
        throw new TooMuchWorkException();
      }
    }
  }

  /** Not one of jinjava's own exceptions: those it would collect, and go on. */
  private static final class TooMuchWorkException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooMuchWorkException() {
      super("rendering did not come to an end");
    }
  }

  /** A function that templates call; its parameters have names, as jinjava demands. */
  private abstract static class TemplateFunction extends MacroFunction {
    TemplateFunction(String name, String parameter) {
      super(List.of(), name, parameters(parameter), false, new Context(), 0, 0);
    }

    private static LinkedHashMap<String, Object> parameters(String parameter) {
      LinkedHashMap<String, Object> parameters = new LinkedHashMap<>();
      parameters.put(parameter, "");
      return parameters;
    }

    abstract Object call(String argument);

    @Override
    public final Object doEvaluate(
        Map<String, Object> arguments, Map<String, Object> named, List<Object> more) {
      return call(arguments.values().stream().map(String::valueOf).findFirst().orElse(""));
    }
  }

  /** {@code raise_exception(message)}: the template refuses the conversation. */
  private static final class RaiseException extends TemplateFunction {
    private final List<String> raised;

    RaiseException(List<String> raised) {
      super("raise_exception", "message");
      this.raised = raised;
    }

    @Override
    Object call(String message) {
      raised.add(message);
      throw new InterpretException(message);
    }
  }

  /** {@code strftime_now(format)}: the local time. */
  private static final class StrftimeNow extends TemplateFunction {
    StrftimeNow() {
      super("strftime_now", "format");
    }

    @Override
    Object call(String format) {
      return StrftimeFormatter.format(ZonedDateTime.now(), format);
    }
  }
}
