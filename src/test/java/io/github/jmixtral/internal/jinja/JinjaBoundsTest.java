package io.github.jmixtral.internal.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A template can neither hang nor fill the memory. */
@RunsOnce
class JinjaBoundsTest {
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** Reached sooner than those of every day. */
  private static final JinjaLimits LIMITS = new JinjaLimits(1_000_000, 8_000_000, 2_000_000);

  private static final String GROWING =
      "{% set n = namespace(s='aaaaaaaaaa', l=['a'], t=(1,)) %}{% for i in range(60) %}";

  private static JinjaException failure(String template) {
    return assertTimeout(
        LONGEST,
        () ->
            assertThrows(
                JinjaException.class,
                () -> JinjaTemplate.parse(template).render(Map.of(), LIMITS, JinjaCases.CLOCK)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% for i in range(100000) %}{% for j in range(100000) if false %}{% endfor %}{% endfor %}",
        "{% for i in range(100000) %}{{ range(100000)|list|length }}{% endfor %}",
        "{% for i in range(100000) %}{{ range(100000)|sum }}{% endfor %}",
        "{{ 'a' * 10 ** 12 }}",
        "{{ ['a'] * 10 ** 12 }}",
        "{{ (1,) * 10 ** 18 }}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ 3 ** (2 ** 100) }}",
        "{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%.999999999f' % 1.5 }}",
        "{{ '{:>999999999}'.format('a') }}",
        "{{ 'a'.center(10 ** 12) }}",
        "{{ 'a'.ljust(10 ** 18) }}",
        "{{ '1'.zfill(999999999) }}",
        "{{ 'a\\tb'.expandtabs(999999999) }}",
        "{{ 'a'|indent(999999999, true) }}",
        "{{ [1]|tojson(indent=999999999) }}",
        "{{ [1]|batch(999999999, 0)|list }}",
        "{{ [1]|slice(999999999)|list|length }}",
        "{{ 'ab'.replace('', 'x' * 1000000).replace('x', 'y' * 1000000) }}",
        "{{ ('a' * 1000000).join('b' * 1000000) }}",
        GROWING + "{% set n.s = n.s ~ n.s %}{% endfor %}",
        GROWING + "{% set n.s = n.s + n.s %}{% endfor %}",
        GROWING + "{% set n.s = [n.s, n.s]|join %}{% endfor %}",
        GROWING + "{% set n.s = n.s|replace('a', 'aaaaaaaaaa') %}{% endfor %}",
        GROWING + "{% set n.s = n.s|tojson %}{% endfor %}",
        GROWING + "{% set n.s = '%s%s' % (n.s, n.s) %}{% endfor %}",
        GROWING + "{% set n.s = '{0}{0}'.format(n.s) %}{% endfor %}",
        GROWING + "{% set n.l = n.l + n.l %}{% endfor %}",
        GROWING + "{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}",
        GROWING + "{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l|tojson }}",
        GROWING + "{% set n.t = (n.t, n.t) %}{% endfor %}{{ {n.t: 1} }}",
        "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}"
      })
  void whatGrowsWithoutEndIsStopped(String template) {
    JinjaException refusal = failure(template);
    assertTrue(
        List.of("ResourceLimitError", "RecursionError").contains(refusal.kind()),
        refusal.toString());
    assertEquals(JinjaException.Stage.RENDER, refusal.stage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ caller() }}{% call f() %}x{% endcall %}{% endmacro %}{% call f() %}x{%"
            + " endcall %}",
        "{% block b %}{{ self.b() }}{% endblock %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
        "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}"
            + "{{ n.x }}",
        "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}"
            + "{{ n.x|tojson }}",
        "{% set n = namespace(x=()) %}{% for i in range(9999) %}{% set n.x = (n.x,) %}{% endfor %}"
            + "{{ {n.x: 1} }}",
        "{% set n = namespace(x=[], y=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}"
            + "{% set n.y = [n.y] %}{% endfor %}{{ n.x == n.y }}",
        "{% set n = namespace(x={}) %}{% for i in range(9999) %}{% set n.x = {'a': n.x} %}"
            + "{% endfor %}{{ n.x|tojson }}"
      })
  void whatNestsWithoutEndIsARecursionError(String template) {
    assertEquals("RecursionError", failure(template).kind());
  }

  @Test
  void templatesThatNestTooDeepAreRefused() {
    for (String[] part :
        new String[][] {
          {"{{ ", "(", "1", ")", " }}"},
          {"{{ ", "[", "", "]", " }}"},
          {"{{ ", "{1: ", "1", "}", " }}"},
          {"{{ ", "-", "1", "", " }}"},
          {"{{ ", "not ", "1", "", " }}"},
          {"{{ ", "1 if ", "1", "", " }}"},
          {"{{ ", "", "1", " + 1", " }}"},
          {"{{ ", "", "x", ".x", " }}"},
          {"{{ ", "", "x", "[0]", " }}"},
          {"{{ ", "", "x", "|e", " }}"},
          {"{{ ", "", "x", "()", " }}"},
          {"{{ ", "", "x", " or x", " }}"},
          {"{{ ", "x is eq ", "1", "", " }}"},
          {"", "{% if 1 %}", "", "{% endif %}", ""},
          {"", "{% for x in y %}", "", "{% endfor %}", ""},
          {"", "{% macro m() %}", "", "{% endmacro %}", ""}
        }) {
      String template = part[0] + part[1].repeat(5000) + part[2] + part[3].repeat(5000) + part[4];
      JinjaException refusal = failure(template);
      assertTrue(
          List.of("RecursionError", "TemplateSyntaxError").contains(refusal.kind()),
          template.substring(0, 20) + ": " + refusal);
      assertEquals(JinjaException.Stage.COMPILE, refusal.stage(), template.substring(0, 20));
    }
  }

  @Test
  void manyThingsBesideEachOtherAreFine() {
    String template = "{% if a %}b{% else %}c{% endif %}{{ 'x' }}".repeat(5000);
    assertEquals("cx".repeat(5000), JinjaTemplate.parse(template).render(Map.of()).text());
    String elifs = "{% if a %}" + "{% elif a %}".repeat(5000) + "{% else %}x{% endif %}";
    assertEquals("x", JinjaTemplate.parse(elifs).render(Map.of()).text());
    String concat = "{{ 'x'" + " ~ y".repeat(5000) + " }}";
    assertEquals("x", JinjaTemplate.parse(concat).render(Map.of()).text());
  }

  @Test
  void longTemplatesAreRefused() {
    JinjaException refusal =
        assertThrows(JinjaException.class, () -> JinjaTemplate.parse("x".repeat(1 << 21)));
    assertEquals(
        "ResourceLimitError: the template has 2097152 characters, more than 1048576",
        refusal.getMessage());
  }

  @Test
  void theUsualLimitsEndALoopToo() {
    assertTimeout(
        LONGEST,
        () ->
            assertThrows(
                JinjaException.class,
                () ->
                    JinjaTemplate.parse(
                            "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}"
                                + "{% endfor %}")
                        .render(Map.of())));
  }

  @Test
  void longConversationsRender() {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      messages.add(
          Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "word ".repeat(20)));
    }
    String template =
        "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
            + "{{ raise_exception('no') }}{% endif %}{{ '<|' + m.role + '|>' + m.content|trim }}"
            + "{% endfor %}";
    String text = JinjaTemplate.parse(template).render(Map.of("messages", messages)).text();
    assertEquals(20_000, text.split("<\\|").length - 1);
  }

  @Test
  void limitsCanBeSmaller() {
    JinjaTemplate template = JinjaTemplate.parse("{% for i in range(100) %}0123456789{% endfor %}");
    for (JinjaLimits limits :
        List.of(
            new JinjaLimits(100, 1_000_000, 1_000_000),
            new JinjaLimits(1_000_000, 999, 1_000_000),
            new JinjaLimits(1_000_000, 1_000_000, 999))) {
      JinjaException refusal =
          assertThrows(
              JinjaException.class, () -> template.render(Map.of(), limits, JinjaCases.CLOCK));
      assertEquals("ResourceLimitError", refusal.kind());
    }
  }
}
