package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.List;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;

/** The publisher under the compatibility kit of Reactive Streams, which is made for TestNG. */
@RunsOnce
class PublisherRulesTest {

  /** What the kit runs; it makes one instance. */
  public static final class Verification extends FlowPublisherVerification<GeneratedToken> {
    private static final long TIMEOUT_MILLIS = 20_000;
    private static final long QUIET_MILLIS = 100;
    private static final int MOST_TOKENS = 200;

    private final MixtralForCausalLM model =
        MixtralForCausalLM.fromPretrained(Fixtures.storyteller());

    public Verification() {
      super(new TestEnvironment(TIMEOUT_MILLIS, QUIET_MILLIS));
      model.generate("Once upon a time");
    }

    @Override
    public Flow.Publisher<GeneratedToken> createFlowPublisher(long elements) {
      GenerationRequest request = model.request(Prompt.text("Once upon a time"));
      if (elements == 0) {
        var used = new CancellationHandle();
        used.cancel();
        return request.withCancellation(used).publisher();
      }
      int tokens = (int) Math.min(elements, MOST_TOKENS);
      return request
          .withConfig(config -> config.withMaxNewTokens(tokens).withEosTokenIds())
          .publisher();
    }

    /** None: a generation begins, and so fails, with the first request only. */
    @Override
    public Flow.@Nullable Publisher<GeneratedToken> createFailedFlowPublisher() {
      return null;
    }

    @Override
    public long maxElementsFromPublisher() {
      return MOST_TOKENS;
    }
  }

  @Test
  @Timeout(120)
  void theKitFindsNoBrokenRule() {
    var results = new TestListenerAdapter();
    var kit = new TestNG(false);
    kit.setVerbose(0);
    kit.setTestClasses(new Class<?>[] {Verification.class});
    kit.addListener(results);
    kit.run();
    List<String> broken =
        results.getFailedTests().stream().map(PublisherRulesTest::describe).toList();
    assertEquals(List.of(), broken);
    assertTrue(results.getPassedTests().size() >= 25, results.getPassedTests().size() + " passed");
  }

  private static String describe(ITestResult result) {
    return result.getName() + ": " + result.getThrowable();
  }
}
