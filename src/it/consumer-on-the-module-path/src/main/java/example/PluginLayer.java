package example;

import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Loads the library again in a layer of its own, as plug-in systems do: it finds the vectors. */
public final class PluginLayer {
  private static final String LIBRARY = "io.github.jmixtral";
  private static final String KERNELS = LIBRARY + ".internal.kernel";

  private PluginLayer() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    ModuleLayer boot = ModuleLayer.boot();
    var location =
        boot.configuration().findModule(LIBRARY).orElseThrow().reference().location().orElseThrow();
    Configuration configuration =
        boot.configuration()
            .resolve(ModuleFinder.of(Path.of(location)), ModuleFinder.of(), Set.of(LIBRARY));
    ModuleLayer.Controller controller =
        ModuleLayer.defineModulesWithOneLoader(
            configuration, List.of(boot), ClassLoader.getPlatformClassLoader());
    Module library = controller.layer().findModule(LIBRARY).orElseThrow();
    if (library == boot.findModule(LIBRARY).orElseThrow()) {
      throw new IllegalStateException("the library is in no layer of its own");
    }
    controller.addExports(library, KERNELS, PluginLayer.class.getModule());
    Class<?> kernels = library.getClassLoader().loadClass(KERNELS + ".Kernels");
    Object detected = kernels.getMethod("detected").invoke(null);
    Object bits = kernels.getMethod("vectorBits").invoke(detected);
    if (bits.equals(0)) {
      throw new IllegalStateException("the library found no vectors in a layer of its own");
    }
    System.out.println(bits + "-bit vectors");
  }
}
