package io.github.jmixtral.internal.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce
class JinjaTemplateTest {
  private static Map<String, Object> variables(Object... namesAndValues) {
    Map<String, Object> variables = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      variables.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return variables;
  }

  private static String render(String template, Object... namesAndValues) {
    return JinjaTemplate.parse(template).render(variables(namesAndValues)).text();
  }

  private static JinjaException failure(String template, Object... namesAndValues) {
    return assertThrows(JinjaException.class, () -> render(template, namesAndValues));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{% if not add_generation_prompt is defined %}Y{% else %}N{% endif %} ~ N",
        "{% for k, v in messages[0]|items %}{{ k }}{% endfor %} ~ rolecontent",
        "{{ \"a b\".title() }} ~ A B",
        "{{ tools is none }} ~ True",
        "{{ 'a' and 'b' }} ~ b",
        "{% if 'false' %}Y{% else %}N{% endif %} ~ Y",
        "{% if zz is none %}Y{% else %}N{% endif %} ~ N",
        "{{ none }} ~ None",
        "{{ (1, 2) }} ~ (1, 2)"
      })
  void whatOtherEnginesGetWrongIsPythons(String template, String expected) {
    Map<String, Object> message = variables("role", "user", "content", "Hello World");
    assertEquals(
        expected,
        render(
            template, "messages", List.of(message), "tools", null, "add_generation_prompt", true));
  }

  @Test
  void anUnknownFilterIsRefused() {
    String message = failure("{{ messages|nosuchfilter }}").getMessage();
    assertTrue(message.contains("nosuchfilter"), message);
  }

  @Test
  void javaValuesBecomePythonsValues() {
    Map<String, Object> map = variables("a", 1, "b", null);
    assertEquals(
        "[True, None, 1, 2, 12345678901234567890, 1.5, 0.5, 'text', 'written', [1], {'a': 1, 'b':"
            + " None}]",
        render(
            "{{ [a, b, c, d, e, f, g, h, i, j, k] }}",
            "a",
            true,
            "b",
            null,
            "c",
            1,
            "d",
            2L,
            "e",
            new BigInteger("12345678901234567890"),
            "f",
            1.5,
            "g",
            0.5f,
            "h",
            "text",
            "i",
            new WrittenText("written"),
            "j",
            List.of(1),
            "k",
            map));
  }

  @Test
  void aValueOfAnotherTypeIsAnArgumentError() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> render("{{ a }}", "a", 'c'));
    assertEquals("a template takes no value of java.lang.Character", refusal.getMessage());
  }

  @Test
  void strftimeNowTakesTheSystemsTimeByDefault() {
    String before = LocalDate.now().toString();
    String rendered = render("{{ strftime_now('%Y-%m-%d') }}");
    assertTrue(List.of(before, LocalDate.now().toString()).contains(rendered), rendered);
  }

  /** {@code w} is text that people wrote; in the result it stands in «». */
  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      textBlock =
          """
          {{ w }} => «a <b> "c"»
          <{{ w }}> => <«a <b> "c"»>
          {{ '<' + w + '>' }} => <«a <b> "c"»>
          {{ '<' ~ w ~ 1 }} => <«a <b> "c"»1
          {{ ('<' ~ w)[0:3] }} => <«a »
          {{ ('<' ~ w)[::-1] }} => «"c" >b< a»<
          {{ w[2:] }}{{ w[0] }} => «<b> "c"a»
          {{ ('  ' ~ w ~ ' ')|trim ~ '!' }} => «a <b> "c"»!
          {{ w.strip('a"') ~ '!' }} => « <b> "c»!
          {{ w.split(' ')|join('|') }} => «a»|«<b>»|«"c"»
          {{ w|replace('<b>', '</s>') }} => «a »</s>« "c"»
          {{ '</s>'|replace('s', w) }} => </«a <b> "c"»>
          {{ w|upper ~ 'x'|upper }} => «A <B> "C"»X
          {{ ('x' ~ w)|upper }} => X«A <B> "C"»
          {{ [w]|tojson }} => ["«a <b> \\"c\\"»"]
          {{ {'k': w}|tojson(indent=1)|replace('\\n', '') }} => { "k": "«a <b> \\"c\\"»"}
          {{ [w] }} => [«'a <b> "c"'»]
          {{ '%s-%d' % (w, 1) }} => «a <b> "c"»-1
          {{ '{}-{:>3}'.format(w, 1) }} => «a <b> "c"»-  1
          {{ w|e }}& => «a &lt;b&gt; &#34;c&#34;»&
          {{ w|indent(2, true) }}. => `  «a <b> "c"».`
          {{ w|title }}{{ w|length }} => «A <B> "c"»9
          {{ w|list|first }}{{ w|last }}. => «a"».
          {% for c in w[:3] %}[{{ c }}]{% endfor %} => [«a»][« »][«<»]
          {% set s %}<{{ w }}>{% endset %}{{ s }} => <«a <b> "c"»>
          {% macro m(x) %}({{ x }}){% endmacro %}{{ m(w) }} => («a <b> "c"»)
          {% filter upper %}x{{ w }}{% endfilter %} => X«A <B> "C"»
          {{ w.encode().decode() }}. => «a <b> "c"».
          {{ d.keys()|join(',') }} => «k»
          {{ d|tojson }} => {"«k»": 1}
          {{ w is string }}{{ w == 'a' }} => TrueFalse
          {{ w|urlencode }}. => «a%20%3Cb%3E%20%22c%22».
          {{ w|truncate(4, true, '…', 0) }} => «a <»…
          {{ w|center(11) }}. => ` «a <b> "c"» .`
          {{ w.partition('<b>')|join('+') }} => «a »+<b>+« "c"»
          """)
  void theResultTellsWhatPeopleWrote(String template, String expected) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    dict.put(new WrittenText("k"), 1);
    RenderedText rendered =
        JinjaTemplate.parse(template)
            .render(variables("w", new WrittenText("a <b> \"c\""), "d", dict));
    assertEquals(expected.replace("%n", "\n"), marked(rendered));
  }

  private static String marked(RenderedText rendered) {
    StringBuilder marked = new StringBuilder();
    int done = 0;
    for (int i = 0; i < rendered.written().length; i += 2) {
      int from = rendered.written()[i];
      int to = rendered.written()[i + 1];
      marked
          .append(rendered.text(), done, from)
          .append('«')
          .append(rendered.text(), from, to)
          .append('»');
      done = to;
    }
    return marked.append(rendered.text().substring(done)).toString();
  }

  @Test
  void errorsNameTheirLine() {
    JinjaException broken = failure("a\n{% if %}");
    assertEquals(
        "line 2: TemplateSyntaxError: Expected an expression, got 'end of statement block'",
        broken.getMessage());
    assertEquals(JinjaException.Stage.COMPILE, broken.stage());

    JinjaException undefined = failure("a\n\n{{ x.y }}");
    assertEquals("line 3: UndefinedError: 'x' is undefined", undefined.getMessage());
    assertEquals(JinjaException.Stage.RENDER, undefined.stage());
    assertEquals(3, undefined.line());
  }

  @Test
  void aTemplatesOwnWordsAreKeptWholeAndShownInALine() {
    JinjaException raised = failure("{{ raise_exception('a\\nb') }}");
    assertEquals("a\nb", raised.reason());
    assertEquals("line 1: TemplateError: a b", raised.getMessage());
  }

  @Test
  void whatNeedsAnotherTemplateFailsWhenItIsReached() {
    for (String tag :
        List.of("include 'x'", "extends 'x'", "import 'x' as y", "from 'x' import y")) {
      assertEquals("TypeError", failure("{% " + tag + " %}").kind());
      assertEquals("ok", render("{% if false %}{% " + tag + " %}{% endif %}ok"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      textBlock =
          """
          {{ 'a'.upper }} => printing a value of type 'builtin_function_or_method'
          {{ [1]|map('string') }} => printing a value of type 'generator'
          {{ lipsum() }} => lipsum, which writes random words,
          {{ (-8) ** 0.5 }} => a complex number
          {{ {'a': 1}.keys() - ['a'] }} => a difference of sets of keys
          {{ dict.update({}, {}) }} => dict.update without a dictionary
          {{ 'a'.encode('utf-16') }} => the encoding 'utf16'
          {{ '&eacute;'|striptags }} => the entity &eacute;
          """)
  void whatIsNotSupportedIsRefusedByName(String template, String what) {
    JinjaException refusal = failure(template);
    assertEquals("NotSupportedError", refusal.kind());
    assertEquals(what + " is not supported in chat templates", refusal.reason());
  }

  @Test
  void aTemplateRendersInManyThreadsAtOnce() throws Exception {
    JinjaTemplate template =
        JinjaTemplate.parse(
            "{% macro f(x) %}<{{ x }}>{% endmacro %}{% set ns = namespace(n=0) %}"
                + "{% for x in xs if x is odd %}{% set ns.n = ns.n + x %}{{ f(x) }}"
                + "{{ loop.cycle('a', 'b') }}{% endfor %}{{ ns.n }}");
    List<Callable<String>> renderings = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      List<Integer> xs = List.of(i, i + 1, i + 2, i + 3);
      expected.add(template.render(Map.of("xs", xs)).text());
      renderings.add(() -> template.render(Map.of("xs", xs)).text());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<String>> results = threads.invokeAll(renderings);
      for (int i = 0; i < results.size(); i++) {
        assertEquals(expected.get(i), results.get(i).get());
      }
    }
  }
}
