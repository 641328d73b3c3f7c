package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.Optional;

/**
 * Whether and how an answer is streamed.
 *
 * @param isOn whether it is
 * @param includesUsage whether a last chunk has the usage
 */
record StreamOptions(boolean isOn, boolean includesUsage) {
  /** Those of a request. */
  static StreamOptions read(Fields fields) {
    boolean isOn = fields.isTrue("stream");
    Optional<Fields> options = fields.object("stream_options");
    if (options.isPresent() && !isOn) {
      throw Refusal.value(fields.place("stream_options"), "needs \"stream\": true");
    }
    return new StreamOptions(
        isOn, options.map(present -> present.isTrue("include_usage")).orElse(false));
  }
}
