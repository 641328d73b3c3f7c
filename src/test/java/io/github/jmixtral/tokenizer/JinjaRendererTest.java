package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chat templates are rendered as Jinja2 does, and in a box. */
@RunsOnce
class JinjaRendererTest {
  private static Map<String, Object> message(String role, String content) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  private static String render(String template) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put(
        "messages",
        new ArrayList<>(List.of(message("user", " Hi {{ 7*7 }} "), message("assistant", "ok"))));
    variables.put("add_generation_prompt", true);
    return new JinjaRenderer(template).render(variables);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      textBlock =
          """
          {{ messages[0].content }} => ` Hi {{ 7*7 }} `
          {{ messages[0]['content'] | trim }}| => Hi {{ 7*7 }}|
          {{ messages[-1].content }}{{ messages[1:] | length }}{{ messages[:-1] | length }} => ok11
          {% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }} {% endfor %}| => 10truefalse 21falsetrue |
          {% for m in messages if m.role == 'assistant' %}{{ loop.index }}{{ m.content }}{% endfor %} => 1ok
          {% for k, v in messages[1].items() if k == 'role' %}{{ k }}={{ v }}{% endfor %} => role=assistant
          {% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.content }}{% endfor %} => ok
          {% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }} => 2
          {% set a = 1 %}{% for m in messages %}{% set a = 2 %}{% endfor %}{{ a }} => 1
          {{ messages[1] | tojson }} => {"role": "assistant", "content": "ok"}
          {{ {'a': {'b': [1, true, none]}} | tojson }} => {"a": {"b": [1, true, null]}}
          {{ 'a "quoted" }} {% text' }} => a "quoted" }} {% text
          {{ tools is defined }} {{ tools is none }} {{ messages[0].nope is defined }} => false true false
          {{ none_such }}| => |
          {{ 'A' if messages | length == 2 and add_generation_prompt else 'B' }} => A
          {{ 'a' ~ 1 ~ 'b' }} {{ 'a' in 'abc' }} {{ 'x' not in ['x'] }} => a1b true false
          {{ 'a,b'.split(',')[-1] }} {{ 'ab'.startswith('a') }} {{ ' x '.strip() }}{{ 'x--'.rstrip('-') }} => b true xx
          {{ messages[0].get('role') }} {{ messages[0].get('none', 'other') }} => user other
          {{ messages | map(attribute='role') | join(',') }} => user,assistant
          {{ (messages | selectattr('role', 'equalto', 'assistant') | first).content }} => ok
          {% macro f(x) %}<{{ x }}>{% endmacro %}{{ f('a') }} => <a>
          {% raw %}{{ x }}{% endraw %} => {{ x }}
          {% generation %}x{% endgeneration %} => x
          a{# comment #}b => ab
          """)
  void templatesRenderAsInJinja2(String template, String expected) {
    assertEquals(expected, render(template));
  }

  @Test
  void whiteSpaceAroundTagsIsTrimmedAsInJinja2() {
    assertEquals("yes\nline ", render("  {% if true %}\nyes\n  {% endif %}\nline {# c #}\n"));
    assertEquals("ax\nb", render("a\n  {%- if true %}\nx\n  {% endif %}\nb\n"));
    assertEquals("a b", render("a {{ 'b' -}}  \n"));
    assertEquals("  x", render("  {%+ if true %}x{% endif %}"));
    assertEquals("a\nb\n", render("a\r\n{{ 'b' }}\n\n"));
  }

  @Test
  void toJsonIndentsAsPythonDoes() {
    assertEquals(
        "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}",
        render("{{ {'a': [1], 'b': {}} | tojson(indent=2) }}"));
  }

  @Test
  void strftimeNowGivesTheDate() {
    String before = LocalDate.now().toString();
    String rendered = render("{{ strftime_now('%Y-%m-%d') }}");
    assertTrue(List.of(before, LocalDate.now().toString()).contains(rendered), rendered);
  }

  @Test
  void raiseExceptionIsAnIllegalArgumentWithTheTemplatesWords() {
    for (String template :
        List.of(
            "{{ raise_exception(\"Don't\") }}",
            "{% for m in messages %}{{- raise_exception(\"Don't\") }}{% endfor %}")) {
      IllegalArgumentException raised =
          assertThrows(IllegalArgumentException.class, () -> render(template));
      assertEquals("chat template: Don't", raised.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.getClass() }}",
        "{{ messages.getClass().forName('java.lang.Runtime') }}",
        "{{ ____int3rpr3t3r____.getConfig() }}",
        "{{ ____int3rpr3t3r____.getContext().getGlobalMacros() }}",
        "{% for m in messages %}{{ loop.getClass() }}{% endfor %}",
        "{{ 'a'.wait() }}",
        "{% include 'META-INF/MANIFEST.MF' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "{% extends 'a' %}",
        "{{ '{{ 1 }}' | render }}",
        "{{ 'a' | log }}",
        "{{ 'x' | center(100000000) }}",
        "{{ '%100000000d' | format(1) }}",
        "{{ unixtimestamp() }}"
      })
  void templatesReachNothingButTheirData(String template) {
    assertThrows(UnsupportedCheckpointException.class, () -> render(template));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.class }}",
        "{{ ''['class'] }}",
        "{{ messages.class }}",
        "{{ ____int3rpr3t3r____.config }}",
        "{{ ____int3rpr3t3r____.context }}",
        "{{ raise_exception.class }}",
        "{% for m in messages[1:] %}{{ loop.class }}{% endfor %}"
      })
  void javaPropertiesAreUndefined(String template) {
    assertEquals("", render(template));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(1000) %}{% for j in range(1000) %}{% for k in range(1000) %}x{% endfor"
            + " %}{% endfor %}{% endfor %}",
        "{% set n = namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set n.s = n.s ~ n.s %}{%"
            + " endfor %}",
        "{% set n = namespace(s='aaaaaaaaaa') %}{% for i in range(40) %}{% set n.s = n.s + n.s %}{%"
            + " endfor %}",
        "{% set n = namespace(s='aaaaaaaaaa') %}{% for i in range(9) %}{% set n.s ="
            + " n.s.replace('a', 'aaaaaaaaaa') %}{% endfor %}",
        "{% set n = namespace(s='aaaaaaaaaa') %}{% for i in range(9) %}{% set n.s = n.s |"
            + " replace('a', 'aaaaaaaaaa') %}{% endfor %}",
        "{% set n = namespace(s=['a']) %}{% for i in range(40) %}{% set n.s = n.s + n.s %}{% endfor"
            + " %}",
        "{% set x = [] %}{% do x.append(x) %}{{ x }}",
        "{% set x = [] %}{% do x.append(x) %}{{ x | tojson }}"
      })
  void templatesThatGrowWithoutEndAreStopped(String template) {
    assertThrows(UnsupportedCheckpointException.class, () -> render(template));
  }

  @Test
  void brokenTemplatesAreNamed() {
    assertUnsupported("a\n{% for", "something in line 2 that does not end");
    assertUnsupported("{{ 'a }}", "something in line 1 that does not end");
    assertUnsupported("{{ " + "(".repeat(3000), "brackets more than 50 deep");
    assertUnsupported("x".repeat(65_537), "65537 characters");
    assertUnsupported("{% for" + " ".repeat(9_996) + "%}", "a tag of 10004 characters");
    assertUnsupported(
        "{% raw %}" + "{% ".repeat(20_000) + "%}", "something in line 1 that does not end");
    assertUnsupported(
        "{% for m in messages %}{% if m %}a{% else %}b{% endif %}{% else %}c{% endfor %}",
        "the else of a loop");
    assertTrue(
        assertThrows(
                UnsupportedCheckpointException.class,
                () -> render("{% for m in messages %}{{ loop.previtem }}{% endfor %}"))
            .getMessage()
            .endsWith("expected a known member of loop, found 'previtem'"));
    assertUnsupported(
        "{% if true %}".repeat(2500) + "{% endif %}".repeat(2500),
        "one that does not come to an end");
    assertTrue(
        assertThrows(UnsupportedCheckpointException.class, () -> render("{% spell x %}"))
            .getMessage()
            .contains("Unknown tag: spell"));
  }

  private static void assertUnsupported(String template, String found) {
    UnsupportedCheckpointException refusal =
        assertThrows(UnsupportedCheckpointException.class, () -> render(template));
    assertEquals(
        "chat_template: expected a template that jinjava can render, found " + found,
        refusal.getMessage());
  }
}
