package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the library refuses, as an error of the request. */
public final class LibraryRefusal {
  /** Where the library names a place of the request, its message begins with it. */
  private static final Pattern PLACE =
      Pattern.compile(
          "((?:messages|tools)(?:\\[\\d+])?(?:\\.\\w+(?:\\[\\d+])?)*): .*", Pattern.DOTALL);

  private LibraryRefusal() {}

  /** The error for a request that finds too many waiting. */
  public static ApiException tooBusy(RejectedExecutionException refusal) {
    return new ApiException(
        ApiError.unavailable("Too many requests are waiting already; try again later."), refusal);
  }

  /**
   * The error for what was refused.
   *
   * @param param the field that is at fault where the message names none, or null
   */
  public static ApiException of(RuntimeException refusal, @Nullable String param) {
    String message = String.valueOf(refusal.getMessage());
    Matcher place = PLACE.matcher(message);
    String sentence = message.endsWith(".") ? message : message + ".";
    return new ApiException(
        ApiError.invalid(sentence, place.matches() ? place.group(1) : param, "invalid_value"),
        refusal);
  }
}
