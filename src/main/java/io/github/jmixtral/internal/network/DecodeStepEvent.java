package io.github.jmixtral.internal.network;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One id of each sequence ran through the layers; its duration is the time it took. */
@Name("io.github.jmixtral.DecodeStep")
@Label("Decode Step")
@Description("One id of each sequence, behind others, ran through the layers")
@Category("jmixtral")
@StackTrace(false)
final class DecodeStepEvent extends Event {

  @Label("Sequences")
  int sequences;

  @Label("Cached Tokens")
  @Description("Ids that the caches held before")
  long cachedTokens;
}
