package io.github.jmixtral.internal.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** Options of a HotSpot virtual machine. */
final class HotSpotFlags {
  private HotSpotFlags() {}

  /** An option's value; empty on another virtual machine or without the module that reads them. */
  static Optional<String> read(String name) {
    try {
      var bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return bean == null ? Optional.empty() : Optional.of(bean.getVMOption(name).getValue());
    } catch (IllegalArgumentException | UnsupportedOperationException | LinkageError unknown) {
      return Optional.empty();
    }
  }
}
