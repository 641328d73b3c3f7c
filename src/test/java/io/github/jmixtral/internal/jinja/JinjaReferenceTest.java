package io.github.jmixtral.internal.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.jinja.JinjaCases.Case;
import io.github.jmixtral.internal.jinja.JinjaCases.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every template renders as the reference renders it, or fails as it fails there. */
@RunsOnce
class JinjaReferenceTest {
  /** Refused by name: what prints an address of memory, and filters that no chat template uses. */
  private static final Pattern REFUSED =
      Pattern.compile("[{]0[.]upper[}]'[.]format|[|](pprint|urlize|wordwrap|xmlattr)\\b");

  /** Errors whose words are those of Jinja2 or of the template, not of CPython. */
  private static final Set<String> JINJA_ERRORS =
      Set.of(
          "TemplateSyntaxError",
          "TemplateAssertionError",
          "TemplateRuntimeError",
          "TemplateError",
          "UndefinedError",
          "SecurityError",
          "FilterArgumentError");

  @Test
  void everyCaseIsAsInTheReference() {
    List<String> different = new ArrayList<>();
    int refused = 0;
    List<Case> cases = JinjaCases.read("cases.jsonl");
    assertEquals(1722, cases.size());
    for (Case one : cases) {
      String expected = expected(one);
      String found = found(one);
      if (REFUSED.matcher(one.template()).find()) {
        refused++;
        assertTrue(found.startsWith("render NotSupportedError"), found);
      } else if (!found.equals(expected)) {
        different.add(
            one.name()
                + ": "
                + one.template()
                + "\n  expected "
                + expected
                + "\n  found    "
                + found);
      }
    }
    assertEquals(17, refused);
    assertTrue(different.isEmpty(), () -> String.join("\n", different));
  }

  private static String expected(Case one) {
    return one.failure().map(JinjaReferenceTest::shown).orElseGet(() -> one.result().get());
  }

  private static String found(Case one) {
    try {
      return JinjaTemplate.parse(one.template())
          .render(one.context(), JinjaLimits.DEFAULT, JinjaCases.CLOCK)
          .text();
    } catch (JinjaException e) {
      int line = one.failure().map(Failure::line).orElse(0) == 0 ? 0 : e.line();
      String stage = e.stage().name().toLowerCase(Locale.ROOT);
      return shown(new Failure(e.kind(), e.reason(), stage, line));
    }
  }

  private static String shown(Failure failure) {
    String shown = failure.stage() + " " + failure.kind();
    return JINJA_ERRORS.contains(failure.kind())
        ? shown + " " + failure.message() + (failure.line() == 0 ? "" : " " + failure.line())
        : shown;
  }
}
