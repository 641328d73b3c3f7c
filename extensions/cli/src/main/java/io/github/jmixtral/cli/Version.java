package io.github.jmixtral.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  Version() {}

  @Override
  public String[] getVersion() {
    String implementation = Main.class.getPackage().getImplementationVersion();
    return new String[] {
      "jmixtral %s (Java %s)"
          .formatted(Objects.requireNonNullElse(implementation, "of no jar"), Runtime.version())
    };
  }
}
