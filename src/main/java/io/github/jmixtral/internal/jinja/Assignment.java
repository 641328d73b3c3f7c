package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sets variables and attributes of namespaces. */
final class Assignment {
  private interface Step {
    void assign(Value value, Activation activation);
  }

  private final Step step;
  private final Map<String, FunctionScope.Place> namespaces;

  private Assignment(Step step, Map<String, FunctionScope.Place> namespaces) {
    this.step = step;
    this.namespaces = namespaces;
  }

  /** To what stands in a frame; at the top level blocks see it, too. */
  static Assignment to(Target target, Frame frame) {
    Map<String, FunctionScope.Place> namespaces = new LinkedHashMap<>();
    return new Assignment(step(target, frame, namespaces), namespaces);
  }

  private static Step step(
      Target target, Frame frame, Map<String, FunctionScope.Place> namespaces) {
    return switch (target) {
      case Target.Name name -> {
        int slot = frame.place(name.name(), name.line()).slot();
        boolean exported = frame.topLevel();
        yield (value, activation) -> {
          activation.set(slot, value);
          if (exported) {
            activation.context().set(name.name(), value);
          }
        };
      }
      case Target.Attribute attribute -> {
        FunctionScope.Place place = frame.place(attribute.namespace(), attribute.line());
        namespaces.putIfAbsent(attribute.namespace(), place);
        Text key = Text.of(attribute.attribute());
        yield (value, activation) -> {
          if (!(place.get(activation) instanceof Namespace namespace)) {
            throw notNamespace();
          }
          namespace.attributes().put(key, value, activation.work());
        };
      }
      case Target.Several several -> {
        List<Step> steps = new ArrayList<>();
        several.targets().forEach(one -> steps.add(step(one, frame, namespaces)));
        yield (value, activation) -> {
          List<Value> values = Unpacking.unpack(value, steps.size(), activation.work());
          for (int i = 0; i < steps.size(); i++) {
            steps.get(i).assign(values.get(i), activation);
          }
        };
      }
    };
  }

  private static JinjaException notNamespace() {
    return JinjaException.of(
        "TemplateRuntimeError", "cannot assign attribute on non-namespace object");
  }

  /** Fails if an attribute of anything but a namespace would be set. */
  void requireNamespaces(Activation activation) {
    for (FunctionScope.Place place : namespaces.values()) {
      if (!(place.get(activation) instanceof Namespace)) {
        throw notNamespace();
      }
    }
  }

  void assign(Value value, Activation activation) {
    activation.work().step();
    step.assign(value, activation);
  }
}
