package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.Generation;
import java.util.List;

/**
 * A way to grow texts from one computed prompt. The loop computes what the branches wait for, then
 * lets the search choose, until it is done.
 */
sealed interface Search extends AutoCloseable permits Strand, PromptLookup, BeamSearch {
  /** The texts whose logits the next {@link #advance} needs. */
  List<Branch> branches();

  /** Chooses the next ids; every branch is computed. */
  void advance();

  /** Whether the texts have ended. */
  boolean isDone();

  /** Whether the caller wants the search to end here. */
  boolean isCancelled();

  /** Ends here, whether the branches are computed or not. */
  void cancel();

  /** The texts, best first where there are several, once the search is done. */
  List<Generation> results();

  /** Gives the memory of the search's own caches back. */
  @Override
  void close();
}
