package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.conversion.CheckpointConverter;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.conversion.CheckpointVerifier;
import io.github.jmixtral.conversion.ConversionTarget;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.hub.FileSelection;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.hub.HubDownload;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every exported method and constructor names the parameter that is null. Exceptions are left out:
 * one that is made must not fail itself.
 */
@RunsOnce
class NullArgumentsTest {
  private static final Pattern EXPORT = Pattern.compile("exports (\\S+);");
  private static final Pattern IDENTIFIER = Pattern.compile("[a-z]\\w*");

  /** Far fewer calls would mean that the exported classes are not found. */
  private static final int FEWEST_CALLS = 120;

  private final Map<Class<?>, Object> samples = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private int calls;

  @Test
  void everyParameterThatIsNullIsNamed() throws ReflectiveOperationException, IOException {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
        Session session = model.newSession();
        var decoder = MixtralModel.fromPretrained(Fixtures.folder("full-f32"));
        var classifier =
            MixtralForSequenceClassification.fromPretrained(Fixtures.folder("classifier-f32"))) {
      Stream.of(model, session, decoder, classifier, model.tokenizer(), model.config())
          .forEach(this::sample);
      sampleValues(model);
      for (Class<?> type : exportedTypes()) {
        check(type);
      }
    }
    assertEquals(List.of(), faults);
    assertTrue(calls >= FEWEST_CALLS, () -> calls + " calls");
  }

  private void sample(Object value) {
    samples.put(value.getClass(), value);
  }

  private void sampleValues(MixtralForCausalLM model) {
    Prompt prompt = Prompt.ids(1, 2);
    TokenLogProbability token = new TokenLogProbability(1, -0.5);
    Stream.of(
            "text",
            Path.of("nowhere"),
            EmbeddingConfig.defaults(),
            GenerationConfig.inherit(),
            LoadOptions.defaults(),
            new SequenceBias(1, 2),
            Constraint.regex("a"),
            RecordBinding.of(Point.class),
            new CheckpointConverter(Path.of("nowhere"), ConversionTarget.hub()),
            new CheckpointQuantizer(Path.of("nowhere"), Recipe.Q4),
            new CheckpointVerifier(Path.of("nowhere")),
            ConversionTarget.hub(),
            new CancellationHandle(),
            prompt,
            new StepLogProbabilities(token, List.of()),
            token,
            ToolChoice.auto(),
            FileSelection.needed(),
            new HubCache(Path.of("nowhere")),
            HubDownload.ofEnvironment(Map.of()),
            ModelInput.ofIds(new int[] {1}),
            ChatMessage.user("Hello"),
            Tool.of("name", "", "{}"),
            ToolCall.of("123456789", "name", "{}"),
            model.request(prompt),
            Duration.ZERO,
            Optional.empty(),
            OptionalDouble.empty(),
            (Throwable) new IllegalStateException("cause"))
        .forEach(this::sample);
    samples.put(List.class, List.of());
    samples.put(Map.class, Map.of());
    samples.put(Class.class, Point.class);
    samples.put(Double.class, 1.0);
    samples.put(FinishReason.class, FinishReason.EOS);
    samples.put(
        ModelOutput.class,
        new ModelOutput(new float[1][1][1], List.of(), List.of(), List.of(), List.of()));
    samples.put(MixtralConfig.class, model.config());
    samples.put(Tokenizer.class, model.tokenizer());
  }

  /** A record of a caller. */
  public record Point(int x, int y) {}

  private static List<Class<?>> exportedTypes() throws IOException, ClassNotFoundException {
    String descriptor =
        Files.readString(Fixtures.project().resolve("src/main/java/module-info.java"));
    List<Class<?>> types = new ArrayList<>();
    for (String name :
        EXPORT.matcher(descriptor).results().map(export -> export.group(1)).toList()) {
      try (Stream<Path> files = Files.list(Fixtures.classes().resolve(name.replace('.', '/')))) {
        for (Path file : files.sorted().toList()) {
          String type = file.getFileName().toString();
          if (type.endsWith(".class") && !type.equals("package-info.class")) {
            types.add(Class.forName(name + "." + type.replace(".class", "")));
          }
        }
      }
    }
    return types;
  }

  private void check(Class<?> type) throws ReflectiveOperationException {
    if (!isPublic(type) || Throwable.class.isAssignableFrom(type) || type.isEnum()) {
      return;
    }
    for (Constructor<?> constructor : type.getConstructors()) {
      check(constructor, type);
    }
    for (Method method : type.getDeclaredMethods()) {
      int modifiers = method.getModifiers();
      if (Modifier.isPublic(modifiers)
          && !Modifier.isAbstract(modifiers)
          && !method.isSynthetic()
          && !method.getName().equals("equals")) {
        check(method, type);
      }
    }
  }

  private static boolean isPublic(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && (type.getEnclosingClass() == null || isPublic(type.getEnclosingClass()));
  }

  private void check(Executable called, Class<?> type) throws ReflectiveOperationException {
    Class<?>[] parameters = called.getParameterTypes();
    for (int i = 0; i < parameters.length; i++) {
      boolean mayBeNull =
          called.getAnnotatedParameterTypes()[i].isAnnotationPresent(Nullable.class);
      if (!parameters[i].isPrimitive() && !mayBeNull) {
        Object[] arguments = new Object[parameters.length];
        for (int j = 0; j < arguments.length; j++) {
          arguments[j] = j == i ? null : value(parameters[j]);
        }
        call(called, type, arguments, i);
      }
    }
  }

  private void call(Executable called, Class<?> type, Object[] arguments, int index)
      throws ReflectiveOperationException {
    calls++;
    String place = called + ", parameter " + index;
    try {
      if (called instanceof Method method) {
        method.invoke(Modifier.isStatic(method.getModifiers()) ? null : value(type), arguments);
      } else {
        ((Constructor<?>) called).newInstance(arguments);
      }
      faults.add(place + " was taken");
    } catch (InvocationTargetException refusal) {
      Throwable cause = refusal.getCause();
      boolean isNamed =
          cause instanceof NullPointerException
              && IDENTIFIER.matcher(String.valueOf(cause.getMessage())).matches();
      if (!isNamed) {
        faults.add(place + ": " + cause);
      }
    }
  }

  private Object value(Class<?> type) throws ReflectiveOperationException {
    if (type.isPrimitive()) {
      return Array.get(Array.newInstance(type, 1), 0);
    }
    if (type.isArray()) {
      return Array.newInstance(type.getComponentType(), 0);
    }
    Object sample = samples.get(type);
    if (sample != null) {
      return sample;
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    if (type.isInterface()) {
      return samples.values().stream()
          .filter(type::isInstance)
          .findFirst()
          .orElseGet(
              () ->
                  Proxy.newProxyInstance(
                      type.getClassLoader(), new Class<?>[] {type}, (_, _, _) -> null));
    }
    return made(type);
  }

  private Object made(Class<?> type) throws ReflectiveOperationException {
    Constructor<?>[] constructors = type.getConstructors();
    if (constructors.length == 0) {
      throw new AssertionError("no sample of " + type);
    }
    Class<?>[] parameters = constructors[0].getParameterTypes();
    Object[] arguments = new Object[parameters.length];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = value(parameters[i]);
    }
    return constructors[0].newInstance(arguments);
  }
}
