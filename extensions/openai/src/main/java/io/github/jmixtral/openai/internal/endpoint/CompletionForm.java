package io.github.jmixtral.openai.internal.endpoint;

import java.util.List;

/**
 * What the choices of a completion show.
 *
 * @param echoes the prompts, if texts begin with them
 * @param count texts of each prompt
 * @param logprobs whether log probabilities are asked for
 * @param constrained whether texts have a form, to which a space in front does not belong
 */
record CompletionForm(List<String> echoes, int count, boolean logprobs, boolean constrained) {
  /** What stands before a text. */
  String echo(int index) {
    return echoes.isEmpty() ? "" : echoes.get(index / count);
  }
}
