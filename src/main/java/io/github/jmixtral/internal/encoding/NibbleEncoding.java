package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.RowDecoder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The 4-bit formats NF4 and FP4 of bitsandbytes: each nibble is a number of a table of 16, each
 * block of elements in row-major order has a largest absolute value, {@code W = table[nibble] ·
 * absmax[block]}. The first element of a byte is its high nibble.
 *
 * <pre>
 *   weight                        any dtype, [bytes / size, 1]
 *   weight.absmax                 F32 [blocks], or U8 where it is quantised itself
 *   weight.quant_map              F32 [16]
 *   weight.quant_state.*          U8, JSON: shape, blocksize, and nested_offset
 *   weight.nested_quant_map       F32 [256]                      where absmax is quantised:
 *   weight.nested_absmax          F32 [blocks / nested_blocksize]
 * </pre>
 */
final class NibbleEncoding implements RowDecoder {
  static final String ABSMAX = ".weight.absmax";

  private static final String WEIGHT = ".weight";
  private static final String STATE = ".weight.quant_state.bitsandbytes__";
  private static final int TABLE = 16;
  private static final int NESTED_TABLE = 256;

  private final MemorySegment data;
  private final float[] table;
  private final int cols;
  private final int blockSize;
  private final Scales scales;

  /** The largest absolute value of each block. */
  private sealed interface Scales {
    float of(long block);

    record Plain(TensorEntry absmax) implements Scales {
      @Override
      public float of(long block) {
        return Elements.real(absmax, block);
      }
    }

    record Nested(
        TensorEntry absmax, float[] table, TensorEntry nestedAbsmax, int blockSize, float offset)
        implements Scales {
      @Override
      public float of(long block) {
        float scaled =
            table[Elements.unsignedByte(absmax.data(), block)]
                * Elements.real(nestedAbsmax, block / blockSize);
        return scaled + offset;
      }
    }
  }

  private NibbleEncoding(
      MemorySegment data, float[] table, int cols, int blockSize, Scales scales) {
    this.data = data;
    this.table = table;
    this.cols = cols;
    this.blockSize = blockSize;
    this.scales = scales;
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols) {
    TensorEntry state = state(tensors);
    JsonNode json = JsonFile.parse(state.place(), state.data().toArray(ValueLayout.JAVA_BYTE));
    requireShape(state, json, rows, cols);
    long elements = (long) rows * cols;
    TensorEntry weight = tensors.take(WEIGHT, Set.of(Dtype.values()));
    if (weight.data().byteSize() != (elements + 1) / 2) {
      throw new MalformedFileException(
          weight.place(), (elements + 1) / 2 + " bytes", weight.data().byteSize() + " bytes");
    }
    int blockSize = positive(state, json, "blocksize");
    long blocks = (elements + blockSize - 1) / blockSize;
    float[] table = table(tensors.take(".weight.quant_map", Set.of(Dtype.F32), TABLE));
    TensorEntry absmax = tensors.take(ABSMAX, Set.of(Dtype.F32, Dtype.U8), blocks);
    Scales scales =
        absmax.dtype() == Dtype.U8
            ? nested(tensors, state, json, absmax)
            : new Scales.Plain(absmax);
    return new EncodedMatrix(
        rows,
        cols,
        weight.data().byteSize() + absmax.data().byteSize(),
        FloatFormat.F32,
        new NibbleEncoding(weight.data(), table, cols, blockSize, scales));
  }

  /** The entry whose name is the table's kind; the table itself is what counts. */
  private static TensorEntry state(Companions tensors) {
    for (String kind : List.of("nf4", "fp4")) {
      if (tensors.has(STATE + kind)) {
        return tensors.take(STATE + kind, Set.of(Dtype.U8));
      }
    }
    throw new UnsupportedCheckpointException(
        tensors.place(ABSMAX), "the quant_state of bitsandbytes beside it, nf4 or fp4, is missing");
  }

  private static void requireShape(TensorEntry state, JsonNode json, int rows, int cols) {
    JsonNode shape = json.path("shape");
    if (shape.size() != 2 || shape.path(0).asLong(-1) != rows || shape.path(1).asLong(-1) != cols) {
      throw new MalformedFileException(
          state.place() + ": shape",
          "[" + rows + ", " + cols + "]",
          Excerpt.line(shape.isMissingNode() ? "none" : shape.toString()));
    }
  }

  private static int positive(TensorEntry state, JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (!value.canConvertToInt() || value.asInt() < 1) {
      throw new MalformedFileException(
          state.place() + ": " + key,
          "a positive integer",
          Excerpt.line(value.isMissingNode() ? "none" : value.toString()));
    }
    return value.asInt();
  }

  private static Scales nested(
      Companions tensors, TensorEntry state, JsonNode json, TensorEntry absmax) {
    int blockSize = positive(state, json, "nested_blocksize");
    long blocks = (absmax.data().byteSize() + blockSize - 1) / blockSize;
    JsonNode offset = json.path("nested_offset");
    float added = (float) offset.asDouble(Double.NaN);
    if (!offset.isNumber() || !Float.isFinite(added)) {
      throw new MalformedFileException(
          state.place() + ": nested_offset",
          "a number",
          Excerpt.line(offset.isMissingNode() ? "none" : offset.toString()));
    }
    return new Scales.Nested(
        absmax,
        table(tensors.take(".weight.nested_quant_map", Set.of(Dtype.F32), NESTED_TABLE)),
        tensors.take(".weight.nested_absmax", Set.of(Dtype.F32), blocks),
        blockSize,
        added);
  }

  private static float[] table(TensorEntry tensor) {
    float[] table = new float[Math.toIntExact(tensor.shape().getFirst())];
    for (int i = 0; i < table.length; i++) {
      table[i] = Elements.real(tensor, i);
    }
    return table;
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    long first = (long) row * cols + col;
    long block = -1;
    float scale = 0;
    for (int i = 0; i < count; i++) {
      long element = first + i;
      if (element / blockSize != block) {
        block = element / blockSize;
        scale = scales.of(block);
      }
      int pair = Elements.unsignedByte(data, element >> 1);
      out[outOffset + i] = table[(element & 1) == 0 ? pair >>> 4 : pair & 15] * scale;
    }
  }
}
