package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The parameters of a function: what a Python function would accept.
 *
 * @param name for messages
 * @param parameters names; {@code "*"} ends those that have names
 * @param required how many have no default
 * @param keywords whether parameters can be given by name
 */
record Signature(String name, List<String> parameters, int required, boolean keywords) {

  /** A signature such as {@code f(a, b, c=, d=)}, or {@code f(a, b=, /)} without keywords. */
  static Signature of(String text) {
    String name = text.substring(0, text.indexOf('('));
    List<String> parameters = new ArrayList<>();
    int required = 0;
    boolean keywords = true;
    String list = text.substring(name.length() + 1, text.length() - 1);
    for (String parameter : list.isEmpty() ? new String[0] : list.split(", ")) {
      if (parameter.equals("/")) {
        keywords = false;
      } else if (parameter.endsWith("=")) {
        parameters.add(parameter.substring(0, parameter.length() - 1));
      } else {
        parameters.add(parameter);
        required++;
      }
    }
    return new Signature(name, List.copyOf(parameters), required, keywords);
  }

  /**
   * One value for each parameter, null where none was given.
   *
   * @throws JinjaException a {@code TypeError} if the arguments do not fit
   */
  Value[] bind(Arguments arguments) {
    Value[] bound = new Value[parameters.size()];
    List<Value> positional = arguments.positional();
    if (positional.size() > bound.length) {
      throw JinjaException.typeError(tooMany(positional.size()));
    }
    for (int i = 0; i < positional.size(); i++) {
      bound[i] = positional.get(i);
    }
    for (Map.Entry<String, Value> named : arguments.named().entrySet()) {
      int index = parameters.indexOf(named.getKey());
      if (!keywords) {
        throw JinjaException.typeError(name + "() takes no keyword arguments");
      }
      if (index < 0) {
        throw JinjaException.typeError(
            name + "() got an unexpected keyword argument " + Printing.quoted(named.getKey()));
      }
      if (bound[index] != null) {
        throw JinjaException.typeError(
            name + "() got multiple values for argument " + Printing.quoted(named.getKey()));
      }
      bound[index] = named.getValue();
    }
    for (int i = 0; i < required; i++) {
      if (bound[i] == null) {
        throw JinjaException.typeError(
            name
                + "() missing 1 required positional argument: "
                + Printing.quoted(parameters.get(i)));
      }
    }
    return bound;
  }

  private String tooMany(int given) {
    int most = parameters.size();
    String takes = required == most ? "takes " + most : "takes from " + required + " to " + most;
    return name
        + "() "
        + takes
        + " positional argument"
        + (most == 1 ? "" : "s")
        + " but "
        + given
        + (given == 1 ? " was" : " were")
        + " given";
  }
}
