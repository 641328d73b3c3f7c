package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.internal.access.Inside;
import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A chat template, read and ready to render. Immutable; many threads may render at the same time.
 */
public final class JinjaTemplate {
  /** The sources of a tokenizer's templates, each by its place as messages name it. */
  public static final Inside<Map<String, String>> OF_TOKENIZER = new Inside<>();

  private static final int LONGEST = 1 << 20;

  private final CompiledTemplate compiled;

  private JinjaTemplate(CompiledTemplate compiled) {
    this.compiled = compiled;
  }

  /**
   * Reads a template.
   *
   * @throws JinjaException of stage {@code COMPILE} if it is broken
   */
  public static JinjaTemplate parse(String source) {
    if (source.length() > LONGEST) {
      throw JinjaException.whileCompiling(
          "ResourceLimitError",
          "the template has " + source.length() + " characters, more than " + LONGEST,
          0);
    }
    try {
      List<Statement> statements = new Parser(source).parse();
      TreeDepth.require(statements);
      return new JinjaTemplate(StatementCompiler.compile(statements));
    } catch (StackOverflowError e) {
      throw JinjaException.whileCompiling(
          "RecursionError", "the template nests too many levels", 0);
    }
  }

  /** Renders with {@link JinjaLimits#DEFAULT} and the system's clock. */
  public RenderedText render(Map<String, ?> variables) {
    return render(variables, JinjaLimits.DEFAULT, Clock.systemDefaultZone());
  }

  /**
   * Renders the template.
   *
   * @param variables values of {@code String}, {@link WrittenText}, {@code Boolean}, {@code
   *     Integer}, {@code Long}, {@link BigInteger}, {@code Double}, {@code Float}, null for {@code
   *     None}, {@code List} and {@code Map}, whose order is kept
   * @param clock for {@code strftime_now}
   * @throws JinjaException of stage {@code RENDER}
   * @throws IllegalArgumentException for a value of another type
   */
  public RenderedText render(Map<String, ?> variables, JinjaLimits limits, Clock clock) {
    Rendering rendering = new Rendering(limits, clock);
    try {
      Map<String, Value> given = new HashMap<>(Globals.ALL);
      variables.forEach((name, value) -> given.put(name, value(value, rendering.work())));
      TextBuilder out = new TextBuilder(rendering.work());
      compiled.root().run(new Context(given, compiled.blocks()), rendering, out);
      rendering.work().output(out.length());
      Text text = out.build();
      return new RenderedText(text.string(), text.writtenSpans().toArray());
    } catch (JinjaException e) {
      throw e.at(rendering.line());
    } catch (StackOverflowError e) {
      throw JinjaException.tooDeep().at(rendering.line());
    }
  }

  private static Value value(Object value, Work work) {
    work.step();
    return switch (value) {
      case null -> NoneValue.NONE;
      case String text -> Text.of(text);
      case WrittenText text -> Text.written(text.text());
      case Boolean bool -> BoolValue.of(bool);
      case Integer integer -> IntValue.of(integer);
      case Long integer -> IntValue.of(integer);
      case BigInteger integer -> IntValue.of(integer);
      case Double number -> new FloatValue(number);
      case Float number -> new FloatValue(number);
      case List<?> list -> {
        work.enter();
        List<Value> elements = new ArrayList<>(list.size());
        list.forEach(element -> elements.add(value(element, work)));
        work.leave();
        yield new ListValue(elements);
      }
      case Map<?, ?> map -> {
        work.enter();
        DictValue dict = new DictValue();
        map.forEach((key, element) -> dict.put(value(key, work), value(element, work), work));
        work.leave();
        yield dict;
      }
      default ->
          throw new IllegalArgumentException(
              "a template takes no value of " + value.getClass().getName());
    };
  }
}
