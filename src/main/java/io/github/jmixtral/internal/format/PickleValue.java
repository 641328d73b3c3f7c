package io.github.jmixtral.internal.format;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an {@link Unpickler} builds: numbers, texts, containers, and tensors. Values may share parts
 * and even hold themselves, so that nothing here may walk through them without a limit.
 */
sealed interface PickleValue {

  /** Python's {@code None}. */
  record None() implements PickleValue {}

  /** {@code True} or {@code False}. */
  record Flag(boolean value) implements PickleValue {}

  /** An integer. */
  record Whole(long value) implements PickleValue {}

  /** A float. */
  record Real(double value) implements PickleValue {}

  /** A text. */
  record Text(String value) implements PickleValue {}

  /** Bytes, of which only the number is kept: no tensor needs them. */
  record Bytes(long size) implements PickleValue {}

  /** A tuple. */
  record Tuple(List<PickleValue> items) implements PickleValue {}

  /** A list or a set, which grows. */
  record Sequence(List<PickleValue> items) implements PickleValue {}

  /** A dictionary, which grows, in the order of its entries. */
  record Dictionary(Map<Key, PickleValue> entries) implements PickleValue {
    Dictionary() {
      this(new LinkedHashMap<>());
    }
  }

  /** The key of an entry: a text or the digits of an integer. */
  record Key(String name) implements Comparable<Key> {
    /** Orders keys, so that a map of hostile ones whose hashes are equal stays fast. */
    @Override
    public int compareTo(Key other) {
      return name.compareTo(other.name);
    }
  }

  /** One of the few names of Python that may be called. */
  record Callable(TorchName name) implements PickleValue {}

  /** The numbers that tensors share. */
  record Storage(Dtype dtype, MemorySegment data) implements PickleValue {}

  /** A tensor, row-major. */
  record Tensor(Dtype dtype, List<Long> shape, MemorySegment data) implements PickleValue {}

  /** What it is, as messages say it. */
  default String description() {
    return switch (this) {
      case None _ -> "None";
      case Flag _ -> "a truth value";
      case Whole(long value) -> "the integer " + value;
      case Real(double value) -> "the number " + value;
      case Text(String value) -> "the text " + Excerpt.quote(value);
      case Bytes(long size) -> size + " bytes";
      case Tuple(var items) -> "a tuple of " + items.size();
      case Sequence(var items) -> "a list of " + items.size();
      case Dictionary(var entries) -> "a dictionary of " + entries.size();
      case Callable(TorchName name) -> "'" + name.pythonName() + "'";
      case Storage(Dtype dtype, _) -> "a storage of " + dtype;
      case Tensor(Dtype dtype, _, _) -> "a tensor of " + dtype;
    };
  }
}
