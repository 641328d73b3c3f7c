package io.github.jmixtral.internal.decoding;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns once for each model when a text passes the context that it was trained for. */
final class ContextWarning {
  private static final Logger LOGGER = LoggerFactory.getLogger(DecodingLoop.class);

  private final int context;
  private final AtomicBoolean warned = new AtomicBoolean();

  /**
   * @param context {@code max_position_embeddings}
   */
  ContextWarning(int context) {
    this.context = context;
  }

  /**
   * @param length ids of a text that are about to be computed
   */
  void check(int length) {
    if (length > context && warned.compareAndSet(false, true)) {
      LOGGER.warn(
          "A text of {} ids passes max_position_embeddings {}: the model was not trained for it"
              + " and may lose the thread",
          length,
          context);
    }
  }
}
