package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.task.Host;
import java.util.Optional;

/** Names of models, behind which clients put a tag. */
final class ModelName {
  private static final String TAG = ":latest";

  private ModelName() {}

  /**
   * Checks that a request means the served model.
   *
   * @throws io.github.jmixtral.openai.api.ApiException if it means another
   */
  static void require(Fields fields, Host host) {
    Optional<String> asked = fields.text("model");
    asked = asked.isPresent() ? asked : fields.text("name");
    asked.ifPresent(name -> host.requireNamed(host.model().answersTo(name) ? name : plain(name)));
  }

  private static String plain(String name) {
    return name.endsWith(TAG) ? name.substring(0, name.length() - TAG.length()) : name;
  }
}
