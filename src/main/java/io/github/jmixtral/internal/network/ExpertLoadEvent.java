package io.github.jmixtral.internal.network;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** How the tokens of a chunk or step spread over the experts of a layer. */
@Name("io.github.jmixtral.ExpertLoad")
@Label("Expert Load")
@Description("How many tokens of a chunk or step each expert of a layer computed")
@Category("jmixtral")
@StackTrace(false)
final class ExpertLoadEvent extends Event {

  @Label("Layer")
  int layer;

  @Label("Tokens")
  int tokens;

  @Label("Most")
  @Description("Tokens of the expert with the most")
  int most;

  @Label("Counts")
  @Description("Tokens of each expert, by expert id: 3 0 5 …")
  @Nullable String counts;
}
