package io.github.jmixtral.internal.jinja;

import java.util.Iterator;
import java.util.List;

/** Calls of values. */
final class Calls {
  private Calls() {}

  static boolean isCallable(Value value) {
    return switch (value) {
      case Function _, Macro _, TypeValue _, Loop _, Joiner _, BlockReference _, Undefined _ ->
          true;
      default -> false;
    };
  }

  static Value call(Value callee, Arguments arguments, Rendering rendering) {
    Work work = rendering.work();
    work.step();
    work.enter();
    Value result =
        switch (callee) {
          case Function function -> function.body().call(rendering, arguments);
          case Macro macro -> macro.call(arguments, rendering);
          case Undefined missing -> throw missing.failure();
          case Loop loop -> loop.recurse(Signature.of("loop(iterable)").bind(arguments)[0]);
          case Joiner joiner -> {
            Signature.of("joiner()").bind(arguments);
            yield joiner.call();
          }
          case BlockReference block -> {
            Signature.of("block()").bind(arguments);
            yield block.call(rendering);
          }
          case TypeValue type -> construct(type, arguments, work);
          default ->
              throw JinjaException.typeError("'" + callee.typeName() + "' object is not callable");
        };
    work.leave();
    return result;
  }

  private static Value construct(TypeValue type, Arguments arguments, Work work) {
    return switch (type) {
      case DICT -> dict(arguments, work);
      case NAMESPACE -> new Namespace(dict(arguments, work));
      case JOINER -> {
        Value separator = Signature.of("Joiner(sep=)").bind(arguments)[0];
        yield new Joiner(separator == null ? Text.of(", ") : separator);
      }
      case CYCLER -> {
        if (!arguments.named().isEmpty()) {
          throw JinjaException.typeError("Cycler() got an unexpected keyword argument");
        }
        if (arguments.positional().isEmpty()) {
          throw JinjaException.of("RuntimeError", "at least one item has to be provided");
        }
        yield new Cycler(List.copyOf(arguments.positional()));
      }
    };
  }

  /** {@code dict(…)}: of another dictionary or of pairs, and of named values. */
  private static DictValue dict(Arguments arguments, Work work) {
    if (arguments.positional().size() > 1) {
      throw JinjaException.typeError(
          "dict expected at most 1 argument, got " + arguments.positional().size());
    }
    DictValue dict = new DictValue();
    if (!arguments.positional().isEmpty()) {
      Value source = arguments.positional().getFirst();
      if (source instanceof Undefined missing) {
        throw missing.failure();
      }
      if (source instanceof DictValue other) {
        work.steps(other.size());
        dict.putAll(other);
      } else {
        Iterator<Value> pairs = Sequences.iterator(source, work);
        for (int i = 0; pairs.hasNext(); i++) {
          Value pair = pairs.next();
          if (!Sequences.isIterable(pair)) {
            throw JinjaException.typeError(
                "cannot convert dictionary update sequence element #" + i + " to a sequence");
          }
          List<Value> parts = Sequences.list(pair, work);
          if (parts.size() != 2) {
            throw JinjaException.valueError(
                "dictionary update sequence element #"
                    + i
                    + " has length "
                    + parts.size()
                    + "; 2 is required");
          }
          dict.put(parts.getFirst(), parts.getLast(), work);
        }
      }
    }
    arguments.named().forEach((name, value) -> dict.put(Text.of(name), value, work));
    return dict;
  }
}
