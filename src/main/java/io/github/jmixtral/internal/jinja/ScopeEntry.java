package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What happens to a scope's variables when it is entered and left. */
final class ScopeEntry {
  private interface Step {
    void run(Activation activation);
  }

  private final List<Step> steps = new ArrayList<>();
  private final List<Integer> slots = new ArrayList<>();

  private ScopeEntry() {}

  /** Of a scope whose names have been analysed; its variables get their slots. */
  static ScopeEntry of(Frame frame) {
    ScopeEntry entry = new ScopeEntry();
    for (Map.Entry<String, Load> variable : frame.symbols().loads().entrySet()) {
      int slot = frame.function().slot(variable.getKey());
      entry.slots.add(slot);
      switch (variable.getValue()) {
        case Load.Parameter _ -> {}
        case Load.Resolve resolve ->
            entry.steps.add(
                activation -> activation.set(slot, activation.context().get(resolve.name())));
        case Load.Alias alias -> {
          FunctionScope.Place place = frame.function().find(alias.variable());
          entry.steps.add(activation -> activation.set(slot, place.get(activation)));
        }
        case Load.Missing _ -> entry.steps.add(activation -> activation.set(slot, null));
      }
    }
    return entry;
  }

  void enter(Activation activation) {
    activation.work().steps(steps.size());
    for (Step step : steps) {
      step.run(activation);
    }
  }

  void leave(Activation activation) {
    for (int slot : slots) {
      activation.set(slot, null);
    }
  }
}
