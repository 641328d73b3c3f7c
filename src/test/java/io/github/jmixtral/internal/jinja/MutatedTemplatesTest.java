package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.jinja.JinjaCases.Case;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mutants of the reference's templates render, or fail by the documented error. */
@RunsOnce
class MutatedTemplatesTest {
  private static final JinjaLimits LIMITS = new JinjaLimits(500_000, 4_000_000, 2_000_000);
  private static final long MOST_MEMORY = 256L << 20;
  private static final int LARGEST = 4000;

  @TempDir Path folder;

  @Test
  void mutantsRenderOrFailByTheDocumentedError() {
    List<Case> cases =
        JinjaCases.read("cases.jsonl").stream()
            .filter(one -> one.result().isPresent() && one.template().length() < LARGEST)
            .toList();
    Map<String, Object> context =
        cases.stream()
            .filter(one -> one.name().equals("whole/kitchen-sink/tools"))
            .findFirst()
            .orElseThrow()
            .context();
    Seed[] seeds =
        cases.stream()
            .map(Case::template)
            .filter(template -> renders(template, context))
            .map(Seed::of)
            .toArray(Seed[]::new);
    MutantRun.of(
        new MutatedReader(
                "jinja",
                mutant ->
                    JinjaTemplate.parse(mutant.text()).render(context, LIMITS, JinjaCases.CLOCK))
            .refusingBy(JinjaException.class)
            .within(MOST_MEMORY)
            .mutating("", seeds),
        folder);
  }

  private static void render(String template, Map<String, Object> context) {
    JinjaTemplate.parse(template).render(context, LIMITS, JinjaCases.CLOCK);
  }

  private static boolean renders(String template, Map<String, Object> context) {
    try {
      render(template, context);
      return true;
    } catch (JinjaException e) {
      return false;
    }
  }
}
