package io.github.jmixtral.internal.network;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A chunk of one prompt or several ran through the layers, with the next ids of texts beside it if
 * there are any; its duration is the time it took.
 */
@Name("io.github.jmixtral.Prefill")
@Label("Prefill")
@Description("A chunk of prompts, and ids of texts beside it, ran through the layers")
@Category("jmixtral")
@StackTrace(false)
final class PrefillEvent extends Event {

  @Label("Tokens")
  int tokens;

  @Label("Sequences")
  int sequences;

  @Label("Cached Tokens")
  @Description("Ids that the caches held before")
  long cachedTokens;
}
