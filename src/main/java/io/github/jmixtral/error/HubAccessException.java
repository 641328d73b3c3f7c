package io.github.jmixtral.error;

/**
 * The Hub does not give a model to this user, or may not be asked.
 *
 * @since 0.1.0
 */
public final class HubAccessException extends JmixtralException {
  private static final long serialVersionUID = 1L;

  /**
   * @param model the model that was asked for
   * @param problem why it is not given and what to do, as the rest of the sentence
   */
  public HubAccessException(String model, String problem) {
    super(model + ": " + problem);
  }
}
