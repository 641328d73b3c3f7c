package io.github.jmixtral.internal.format;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What a pickle of PyTorch may name and call, and what comes of it: dictionaries, dimensions and
 * tensors. Nothing is executed but the few lines here.
 */
final class TorchObjects {
  private static final int MAX_DIMENSIONS = 64;

  private final PickleInput input;
  private final Storages storages;
  private long copiedEntries;

  /** Where the numbers of tensors are found. */
  @FunctionalInterface
  interface Storages {
    /**
     * The bytes of a storage.
     *
     * @param key its name in the archive
     * @throws io.github.jmixtral.error.MalformedFileException when there is none of that name
     */
    MemorySegment find(String key);
  }

  TorchObjects(PickleInput input, Storages storages) {
    this.input = input;
    this.storages = storages;
  }

  /** What a name of Python stands for. */
  PickleValue named(String module, String name) {
    String pythonName = module + "." + name;
    return new PickleValue.Callable(
        TorchName.of(pythonName)
            .orElseThrow(() -> input.refused("the name " + Excerpt.quote(pythonName))));
  }

  /** A key as Python compares it: here texts and integers alone. */
  PickleValue.Key key(PickleValue key) {
    return switch (key) {
      case PickleValue.Text(String text) -> new PickleValue.Key(text);
      case PickleValue.Whole(long number) -> new PickleValue.Key(Long.toString(number));
      default -> throw input.malformed("a text as the key of an entry", key.description());
    };
  }

  /** What comes of a call. */
  PickleValue call(TorchName name, List<PickleValue> arguments) {
    return switch (name) {
      case ORDERED_DICT -> dictionary(arguments);
      case SIZE -> size(arguments);
      case REBUILD_TENSOR -> tensor(name, arguments, 4, 4);
      // Metadata may follow storage, offset, size, stride, requires_grad and hooks.
      case REBUILD_TENSOR_V2 -> tensor(name, arguments, 6, 7);
      case REBUILD_PARAMETER -> parameter(arguments);
      default -> throw input.refused("a call of '" + name.pythonName() + "'");
    };
  }

  private PickleValue dictionary(List<PickleValue> arguments) {
    PickleValue.Dictionary dictionary = new PickleValue.Dictionary();
    if (arguments.isEmpty()) {
      return dictionary;
    }
    requireCount(TorchName.ORDERED_DICT, arguments, 1, 1);
    List<PickleValue> pairs = items(arguments.getFirst());
    // A list that is used again and again would make a large dictionary of each few bytes.
    copiedEntries += pairs.size();
    input.requireAtMost(copiedEntries, "entries copied");
    for (PickleValue pair : pairs) {
      List<PickleValue> entry = items(pair);
      if (entry.size() != 2) {
        throw input.malformed("a key and a value", pair.description());
      }
      dictionary.entries().put(key(entry.getFirst()), entry.getLast());
    }
    return dictionary;
  }

  private PickleValue size(List<PickleValue> arguments) {
    requireCount(TorchName.SIZE, arguments, 1, 1);
    return new PickleValue.Tuple(dimensions(arguments.getFirst()));
  }

  private PickleValue parameter(List<PickleValue> arguments) {
    requireCount(TorchName.REBUILD_PARAMETER, arguments, 3, 3);
    if (!(arguments.getFirst() instanceof PickleValue.Tensor tensor)) {
      throw input.malformed("a tensor", arguments.getFirst().description());
    }
    return tensor;
  }

  /** {@code ('storage', type, key, device, number of elements)}: where it lay does not matter. */
  PickleValue persistent(PickleValue id) {
    if (!(id instanceof PickleValue.Tuple(List<PickleValue> parts))
        || parts.size() != 5
        || !(parts.get(0) instanceof PickleValue.Text(String kind))
        || !kind.equals("storage")
        || !(parts.get(1) instanceof PickleValue.Callable(TorchName type))
        || type.storageDtype().isEmpty()
        || !(parts.get(2) instanceof PickleValue.Text(String key))
        || !(parts.get(4) instanceof PickleValue.Whole(long elements))) {
      throw input.refused("another persistent object than a storage: " + id.description());
    }
    Dtype dtype = type.storageDtype().get();
    MemorySegment data = storages.find(key);
    // Divided, not multiplied: the number may be anything.
    if (data.byteSize() % dtype.byteSize() != 0 || data.byteSize() / dtype.byteSize() != elements) {
      throw input.malformed(
          elements + " elements of " + dtype + " in the storage " + Excerpt.quote(key),
          data.byteSize() + " bytes");
    }
    return new PickleValue.Storage(dtype, data);
  }

  private PickleValue tensor(TorchName name, List<PickleValue> arguments, int least, int most) {
    requireCount(name, arguments, least, most);
    if (!(arguments.get(0) instanceof PickleValue.Storage(Dtype dtype, MemorySegment storage))) {
      throw input.malformed("a storage", arguments.get(0).description());
    }
    long offset = whole(arguments.get(1));
    List<Long> shape = wholes(arguments.get(2));
    List<Long> strides = wholes(arguments.get(3));
    long count = elements(shape);
    requireRowMajor(shape, strides, count);
    long room = storage.byteSize() / dtype.byteSize();
    if (offset > room || count > room - offset) {
      throw input.malformed(
          "a tensor within its storage of " + room + " elements",
          "the shape " + shape + " from element " + offset + " on");
    }
    MemorySegment data = storage.asSlice(offset * dtype.byteSize(), count * dtype.byteSize());
    return new PickleValue.Tensor(dtype, shape, data);
  }

  private long elements(List<Long> shape) {
    try {
      // An empty tensor may have any other dimensions.
      return shape.contains(0L) ? 0 : shape.stream().reduce(1L, Math::multiplyExact);
    } catch (ArithmeticException _) {
      throw input.malformed("a shape of less than 2^63 elements", shape.toString());
    }
  }

  /** Strides of dimensions of size 1 say nothing. */
  private void requireRowMajor(List<Long> shape, List<Long> strides, long count) {
    if (strides.size() != shape.size()) {
      throw input.malformed("a stride for each of the dimensions " + shape, strides.toString());
    }
    long stride = 1;
    for (int i = shape.size() - 1; i >= 0 && count > 0; i--) {
      if (shape.get(i) != 1 && strides.get(i) != stride) {
        throw input.unsupported(
            "a tensor " + shape + " that lies row by row", "the strides " + strides);
      }
      stride *= shape.get(i); // At most count, which did not overflow.
    }
  }

  private List<Long> wholes(PickleValue value) {
    return dimensions(value).stream().map(this::whole).toList();
  }

  private List<PickleValue> dimensions(PickleValue value) {
    List<PickleValue> items = items(value);
    if (items.size() > MAX_DIMENSIONS) {
      throw input.malformed("at most " + MAX_DIMENSIONS + " dimensions", items.size() + "");
    }
    return List.copyOf(items);
  }

  private long whole(PickleValue value) {
    if (value instanceof PickleValue.Whole(long number) && number >= 0) {
      return number;
    }
    throw input.malformed("an integer, not negative", value.description());
  }

  private List<PickleValue> items(PickleValue value) {
    return switch (value) {
      case PickleValue.Tuple(List<PickleValue> items) -> items;
      case PickleValue.Sequence(List<PickleValue> items) -> items;
      default -> throw input.malformed("a tuple or a list", value.description());
    };
  }

  private void requireCount(TorchName name, List<PickleValue> arguments, int least, int most) {
    if (arguments.size() < least || arguments.size() > most) {
      throw input.malformed(
          least + (most > least ? " to " + most : "") + " arguments of " + name.pythonName(),
          arguments.size() + "");
    }
  }
}
