package io.github.jmixtral.spring.ai;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.testkit.ToolCallingModel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.test.chat.client.advisor.AbstractToolCallingAdvisorIT;

/** Spring AI's own tests of tools in a chat client, with the advisor named. */
class ToolCallingAdvisorTest extends AbstractToolCallingAdvisorIT {
  @TempDir private static Path folder;
  private static MixtralForCausalLM mixtral;

  @BeforeAll
  static void load() {
    mixtral = MixtralForCausalLM.fromPretrained(ToolCallingModel.write(folder));
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  @Override
  protected ChatModel getChatModel() {
    return new ForcedChatModel(
        JmixtralChatModel.builder(mixtral)
            .options(JmixtralChatOptions.builder().maxTokens(300).build())
            .build(),
        "It is 30, 10 and 15 degrees warm.");
  }
}
