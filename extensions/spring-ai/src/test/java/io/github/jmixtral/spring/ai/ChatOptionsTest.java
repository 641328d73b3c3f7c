package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.ToolChoice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.test.options.AbstractChatOptionsTests;

/** Spring AI's own tests of options, and what ours have beyond. */
class ChatOptionsTest
    extends AbstractChatOptionsTests<JmixtralChatOptions, JmixtralChatOptions.Builder> {
  private static final Constraint CONSTRAINT = Constraint.oneOf("yes", "no");

  @Override
  protected Class<JmixtralChatOptions> getConcreteOptionsClass() {
    return JmixtralChatOptions.class;
  }

  @Override
  protected JmixtralChatOptions.Builder readyToBuildBuilder() {
    return JmixtralChatOptions.builder()
        .model("storyteller")
        .frequencyPenalty(0.1)
        .maxTokens(10)
        .presencePenalty(0.2)
        .stopSequences(List.of("end"))
        .temperature(0.3)
        .topK(4)
        .topP(0.5)
        .toolCallbacks(ToolFixtures.weather())
        .toolContext(Map.of("user", "Ada"))
        .generationConfig(config -> config.withSeed(6))
        .outputSchema("{}")
        .constraint(CONSTRAINT)
        .toolChoice(ToolChoice.required());
  }

  @Test
  void mutatingKeepsEverything() {
    JmixtralChatOptions options = readyToBuildBuilder().build();
    JmixtralChatOptions copy = options.mutate().build();
    assertThat(copy.getToolContext()).isEqualTo(options.getToolContext());
    assertThat(copy).isEqualTo(options).hasSameHashCodeAs(options).isNotSameAs(options);
    assertThat(copy).hasToString(options.toString());
    assertThat(options.mutate().toolChoice(null).build()).isNotEqualTo(options);
  }

  @Test
  void aCloneOfABuilderIsIndependent() {
    JmixtralChatOptions.Builder builder = readyToBuildBuilder();
    JmixtralChatOptions.Builder clone = builder.clone();
    clone.generationConfig(config -> config.withSeed(7)).maxTokens(11);
    assertThat(builder.build().getGenerationConfig().seed()).hasValue(6);
    assertThat(builder.build().getMaxTokens()).isEqualTo(10);
    assertThat(clone.build().getGenerationConfig().seed()).hasValue(7);
  }

  @Test
  void combiningPrefersTheOther() {
    JmixtralChatOptions defaults =
        JmixtralChatOptions.builder()
            .maxTokens(10)
            .temperature(0.3)
            .generationConfig(config -> config.withSeed(1).withMinP(0.1))
            .toolChoice(ToolChoice.none())
            .build();
    JmixtralChatOptions combined =
        defaults
            .mutate()
            .combineWith(
                JmixtralChatOptions.builder()
                    .maxTokens(20)
                    .generationConfig(config -> config.withSeed(2))
                    .constraint(CONSTRAINT))
            .build();
    assertThat(combined.getMaxTokens()).isEqualTo(20);
    assertThat(combined.getTemperature()).isEqualTo(0.3);
    assertThat(combined.getGenerationConfig().seed()).hasValue(2);
    assertThat(combined.getGenerationConfig().setting("min_p", Double.class)).hasValue(0.1);
    assertThat(combined.getConstraint()).isEqualTo(CONSTRAINT);
    assertThat(combined.getToolChoice()).isEqualTo(ToolChoice.none());
  }

  @Test
  void combiningTakesWhatOtherKindsOfOptionsHave() {
    JmixtralChatOptions.Builder defaults = JmixtralChatOptions.builder().maxTokens(10);
    ToolCallingChatOptions tools =
        ToolCallingChatOptions.builder().toolCallbacks(ToolFixtures.weather()).build();
    assertThat(defaults.clone().combineWith(tools.mutate()).build().getToolCallbacks()).hasSize(1);
    StructuredOutputChatOptions.Builder<?> schema =
        StructuredOutputChatOptions.builder().outputSchema("{}");
    assertThat(defaults.clone().combineWith(schema).build().getOutputSchema()).isEqualTo("{}");
    ChatOptions.Builder<?> plain = ChatOptions.builder().topK(3);
    JmixtralChatOptions combined = defaults.clone().combineWith(plain).build();
    assertThat(combined.getTopK()).isEqualTo(3);
    assertThat(combined.getMaxTokens()).isEqualTo(10);
  }
}
