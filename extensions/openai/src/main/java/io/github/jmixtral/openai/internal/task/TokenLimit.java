package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * How many tokens an answer may have: what the request allows, and never more than the context has
 * room for behind the prompt. Where a request says nothing, the library decides.
 *
 * @param most the request's limit, if it has one
 */
public record TokenLimit(OptionalInt most) {
  /** Fields of llama.cpp and Ollama, in which −1 and −2 stand for no limit. */
  private static final Set<String> NEGATIVE_IS_NONE = Set.of("n_predict", "num_predict");

  private static final int LEAST_NEGATIVE = -2;

  /**
   * The limit of a request, which may stand under several names.
   *
   * @param names the fields, of which several must agree
   * @throws ApiException if a limit is not valid, or limits differ
   */
  public static TokenLimit read(Fields fields, List<String> names) {
    OptionalInt limit = OptionalInt.empty();
    for (String name : names) {
      OptionalInt found = limit(fields, name);
      if (found.isPresent() && limit.isPresent() && !found.equals(limit)) {
        throw Refusal.value(
            fields.place(name),
            "contradicts another limit; give one of " + String.join(", ", names));
      }
      limit = found.isPresent() ? found : limit;
    }
    return new TokenLimit(limit);
  }

  private static OptionalInt limit(Fields fields, String name) {
    if (!NEGATIVE_IS_NONE.contains(name)) {
      return fields.integer(name, 1, Integer.MAX_VALUE);
    }
    OptionalInt limit = fields.integer(name, LEAST_NEGATIVE, Integer.MAX_VALUE);
    if (limit.isPresent() && limit.getAsInt() == 0) {
      throw Refusal.value(fields.place(name), "must be at least 1, or -1 for no limit");
    }
    return limit.isPresent() && limit.getAsInt() < 0 ? OptionalInt.empty() : limit;
  }

  /** This limit, or another where there is none. */
  public TokenLimit orElse(int other) {
    return most.isPresent() ? this : new TokenLimit(OptionalInt.of(other));
  }

  /**
   * Settings with the number of new tokens for a prompt.
   *
   * @param param the field of the prompt
   * @throws ApiException if the context has no room behind the prompt
   */
  GenerationConfig applied(GenerationConfig config, int promptLength, Host host, String param) {
    int room = host.contextLength() - promptLength;
    if (room < 1) {
      throw tooLong(promptLength, host, param);
    }
    if (most.isEmpty()) {
      return config;
    }
    int limit = Math.min(room, most.getAsInt());
    int least = config.setting("min_new_tokens", Integer.class).orElse(0);
    if (least > limit) {
      throw Refusal.value(
          "min_tokens", "is %d, but the answer may have %d tokens at most".formatted(least, limit));
    }
    return config.withMaxNewTokens(limit);
  }

  /** The error for a text that is longer than the context. */
  public static ApiException tooLong(int length, Host host, String param) {
    return new ApiException(
        ApiError.invalid(
            "The prompt has %d tokens, but this model's context has room for %d including the answer; shorten the prompt."
                .formatted(length, host.contextLength()),
            param,
            "context_length_exceeded"));
  }
}
