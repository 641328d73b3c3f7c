package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import tools.jackson.databind.node.ObjectNode;

/** A good checkpoint, copied with tensors renamed, removed, added, or declared otherwise. */
public final class DamagedCheckpoint {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path source;
  private final Map<String, TensorEntry> tensors;
  private final ObjectNode config;

  public DamagedCheckpoint(Path source, Arena arena) {
    this.source = source;
    this.tensors =
        new LinkedHashMap<>(
            SafetensorsFile.open(source.resolve("model.safetensors"), arena).tensors());
    this.config = (ObjectNode) JsonFile.read(source.resolve("config.json"));
  }

  public DamagedCheckpoint configure(Consumer<ObjectNode> change) {
    change.accept(config);
    return this;
  }

  public DamagedCheckpoint remove(String name) {
    if (tensors.remove(name) == null) {
      throw new IllegalArgumentException(source + " has no tensor " + name);
    }
    return this;
  }

  /** Renames every tensor; a null name removes it. */
  public DamagedCheckpoint rename(UnaryOperator<String> naming) {
    Map<String, TensorEntry> renamed = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          String newName = naming.apply(name);
          if (newName != null) {
            renamed.put(newName, tensor);
          }
        });
    tensors.clear();
    tensors.putAll(renamed);
    return this;
  }

  /** Puts a tensor of zeros, in place of another of that name or beside the others. */
  public DamagedCheckpoint put(String name, Dtype dtype, Long... shape) {
    SafetensorsWriter.Declaration declaration =
        new SafetensorsWriter.Declaration(name, dtype, List.of(shape));
    MemorySegment zeros = MemorySegment.ofArray(new byte[Math.toIntExact(declaration.byteSize())]);
    tensors.put(name, new TensorEntry(name, dtype, declaration.shape(), zeros, source));
    return this;
  }

  /** Puts a tensor in single precision, in place of another of that name or beside the others. */
  public DamagedCheckpoint put(String name, float[] elements, Long... shape) {
    MemorySegment data = MemorySegment.ofArray(new byte[elements.length * Float.BYTES]);
    MemorySegment.copy(elements, 0, data, FLOAT, 0, elements.length);
    tensors.put(name, new TensorEntry(name, Dtype.F32, List.of(shape), data, source));
    return this;
  }

  /** Puts a tensor of 32-bit integers, in place of another of that name or beside the others. */
  public DamagedCheckpoint put(String name, int[] elements, Long... shape) {
    MemorySegment data = MemorySegment.ofArray(new byte[elements.length * Integer.BYTES]);
    MemorySegment.copy(elements, 0, data, LittleEndian.INT, 0, elements.length);
    tensors.put(name, new TensorEntry(name, Dtype.I32, List.of(shape), data, source));
    return this;
  }

  /** Puts a tensor of a text's bytes, in place of another of that name or beside the others. */
  public DamagedCheckpoint putText(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<Long> shape = List.of((long) bytes.length);
    tensors.put(name, new TensorEntry(name, Dtype.U8, shape, MemorySegment.ofArray(bytes), source));
    return this;
  }

  /** Puts a tensor of signed bytes, in place of another of that name or beside the others. */
  public DamagedCheckpoint put(String name, byte[] elements, Long... shape) {
    MemorySegment data = MemorySegment.ofArray(elements);
    tensors.put(name, new TensorEntry(name, Dtype.I8, List.of(shape), data, source));
    return this;
  }

  /** Puts those tensors of another checkpoint whose names are wanted. */
  public DamagedCheckpoint addAll(DamagedCheckpoint other, Predicate<String> wanted) {
    other.tensors.forEach(
        (name, tensor) -> {
          if (wanted.test(name)) {
            tensors.put(name, tensor);
          }
        });
    return this;
  }

  /** Writes the folder. */
  public Path write(Path folder) {
    List<SafetensorsWriter.Declaration> declarations = new ArrayList<>();
    tensors.forEach(
        (name, tensor) ->
            declarations.add(
                new SafetensorsWriter.Declaration(name, tensor.dtype(), tensor.shape())));
    try (SafetensorsWriter writer =
        new SafetensorsWriter(
            folder.resolve("model.safetensors"), declarations, SafetensorsWriter.HUB_METADATA)) {
      tensors.forEach((name, tensor) -> writer.write(name, tensor.data()));
      writer.finish();
    }
    JsonFile.write(folder.resolve("config.json"), config);
    return folder;
  }
}
