package io.github.jmixtral.internal.jinja;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names of a scope and the variables behind them, by Jinja2's rules: a scope that sets a name
 * has a variable of its own for it; one that only reads it uses that of a scope around it, or the
 * context.
 */
final class Symbols {
  private final @Nullable Symbols parent;
  private final int level;

  /** Of a branch: the scope that it is part of, as it was before. */
  private final @Nullable Symbols trunk;

  private final Map<String, String> variables = new HashMap<>();
  private final Map<String, Load> loads = new LinkedHashMap<>();
  private final Set<String> stores = new LinkedHashSet<>();

  private Symbols(@Nullable Symbols parent, int level, @Nullable Symbols trunk) {
    this.parent = parent;
    this.level = level;
    this.trunk = trunk;
  }

  static Symbols root() {
    return new Symbols(null, 0, null);
  }

  Symbols inner() {
    return new Symbols(this, level + 1, null);
  }

  /** One way through a condition; {@link #join} brings the ways together. */
  Symbols branch() {
    return new Symbols(parent, level, this);
  }

  Map<String, Load> loads() {
    return loads;
  }

  private String define(String name, Load load) {
    String variable = level + " " + name;
    variables.put(name, variable);
    loads.put(variable, load);
    return variable;
  }

  /** The variable of a name in this scope; null if it has none. */
  private @Nullable String own(String name) {
    for (Symbols symbols = this; symbols != null; symbols = symbols.trunk) {
      String variable = symbols.variables.get(name);
      if (variable != null) {
        return variable;
      }
    }
    return null;
  }

  private boolean stored(String name) {
    for (Symbols symbols = this; symbols != null; symbols = symbols.trunk) {
      if (symbols.stores.contains(name)) {
        return true;
      }
    }
    return false;
  }

  /** The variable of a name in this scope or those around it; null if there is none. */
  @Nullable String find(String name) {
    for (Symbols symbols = this; symbols != null; symbols = symbols.parent) {
      String variable = symbols.own(name);
      if (variable != null) {
        return variable;
      }
    }
    return null;
  }

  /** The variable of a name that has one. */
  String require(String name) {
    return Objects.requireNonNull(find(name), name);
  }

  private @Nullable String findOutside(String name) {
    return parent == null ? null : parent.find(name);
  }

  /** A name is set. */
  void store(String name) {
    stores.add(name);
    if (own(name) == null) {
      String outside = findOutside(name);
      define(name, outside == null ? new Load.Missing() : new Load.Alias(outside));
    }
  }

  /** A name is set by what enters the scope. */
  String declareParameter(String name) {
    stores.add(name);
    return define(name, new Load.Parameter());
  }

  /** A name is read. */
  void load(String name) {
    if (find(name) == null) {
      define(name, new Load.Resolve(name));
    }
  }

  /** What only some ways set comes from outside on the others. */
  void join(List<Symbols> branches) {
    Set<String> set = new LinkedHashSet<>();
    for (Symbols branch : branches) {
      branch.stores.stream().filter(name -> !stored(name)).forEach(set::add);
    }
    for (Symbols branch : branches) {
      variables.putAll(branch.variables);
      loads.putAll(branch.loads);
      stores.addAll(branch.stores);
    }
    for (String name : set) {
      String outside = findOutside(name);
      loads.put(find(name), outside == null ? new Load.Resolve(name) : new Load.Alias(outside));
    }
  }

  /** The names that this scope and those around it set, with their variables. */
  Map<String, String> allStores() {
    Map<String, String> all = new LinkedHashMap<>();
    for (Symbols symbols = this; symbols != null; symbols = symbols.parent) {
      for (String name : symbols.stores) {
        all.putIfAbsent(name, find(name));
      }
    }
    return all;
  }
}
