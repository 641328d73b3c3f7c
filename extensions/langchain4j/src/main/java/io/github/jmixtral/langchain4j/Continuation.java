package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.output.Response;
import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;

/**
 * Requests to continue a text, as the language models make them.
 *
 * @param parameters of all requests
 */
record Continuation(ModelHolder model, JmixtralChatRequestParameters parameters) {
  /**
   * The request.
   *
   * @throws IllegalArgumentException if a value is not valid
   */
  GenerationRequest of(String text) {
    Prompt prompt = Prompt.text(text);
    GenerationRequest request =
        model
            .mixtral()
            .request(prompt)
            .withConfig(Settings.of(parameters, ChatRequests.room(model, prompt, parameters)));
    Constraint constraint = parameters.constraint();
    return constraint == null ? request : request.withConstraint(constraint);
  }

  static Response<String> response(Generation generation) {
    return Response.from(
        generation.text(), Answers.usage(generation), Answers.finishReason(generation));
  }
}
