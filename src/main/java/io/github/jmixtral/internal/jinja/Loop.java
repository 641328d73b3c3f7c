package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}. */
final class Loop implements Value, Iterator<Value> {
  /** Renders a loop's body over further values, one level deeper. */
  @FunctionalInterface
  interface Recursion {
    Value render(Value values, int depth);
  }

  private final Value values;
  private final @Nullable Recursion recursion;
  private final int depth;
  private final Work work;
  private Iterator<Value> iterator;
  private long index = -1;
  private long length = -1;
  private @Nullable Value after;
  private @Nullable Value current;
  private @Nullable Value before;
  private @Nullable List<Value> lastChanged;

  /**
   * @param recursion null unless the loop is recursive
   * @param depth of recursion, from 0
   */
  Loop(Value values, @Nullable Recursion recursion, int depth, Work work) {
    this.values = values;
    this.recursion = recursion;
    this.depth = depth;
    this.work = work;
    this.iterator = Sequences.iterator(values, work);
  }

  @Override
  public boolean hasNext() {
    return after != null || iterator.hasNext();
  }

  @Override
  public Value next() {
    Value next = after;
    if (next == null) {
      if (!iterator.hasNext()) {
        throw new NoSuchElementException();
      }
      next = iterator.next();
    }
    after = null;
    index++;
    before = current;
    current = next;
    return next;
  }

  private @Nullable Value peek() {
    if (after == null && iterator.hasNext()) {
      after = iterator.next();
    }
    return after;
  }

  long length() {
    if (length < 0) {
      OptionalLong known = Sequences.length(values);
      if (known.isPresent()) {
        length = known.getAsLong();
      } else {
        List<Value> rest = new ArrayList<>();
        iterator.forEachRemaining(
            value -> {
              work.step();
              rest.add(value);
            });
        iterator = rest.iterator();
        length = rest.size() + index + 1 + (after == null ? 0 : 1);
      }
    }
    return length;
  }

  int depth() {
    return depth;
  }

  long index() {
    return index;
  }

  boolean isLast() {
    return peek() == null;
  }

  @Nullable Value previous() {
    return index == 0 ? Undefined.because("there is no previous item") : before;
  }

  Value following() {
    Value next = peek();
    return next == null ? Undefined.because("there is no next item") : next;
  }

  Value cycle(List<Value> choices) {
    if (choices.isEmpty()) {
      throw JinjaException.typeError("no items for cycling given");
    }
    return choices.get((int) Math.floorMod(index, (long) choices.size()));
  }

  boolean changed(List<Value> now) {
    boolean same =
        lastChanged != null
            && Comparison.equal(new TupleValue(lastChanged), new TupleValue(now), work);
    lastChanged = now;
    return !same;
  }

  Value recurse(Value inner) {
    if (recursion == null) {
      throw JinjaException.typeError(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    return recursion.render(inner, depth + 1);
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.runtime.LoopContext";
  }
}
