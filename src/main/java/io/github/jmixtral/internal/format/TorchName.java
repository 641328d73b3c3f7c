package io.github.jmixtral.internal.format;

import java.util.Optional;

/**
 * The names of Python that a file of tensors needs. Every other name in a pickle is refused: to
 * unpickle is to call whatever the file names.
 */
enum TorchName {
  /** A dictionary. */
  ORDERED_DICT("collections.OrderedDict"),
  /** The dimensions of a tensor. */
  SIZE("torch.Size"),
  /** A tensor of a storage: storage, offset, size, stride. */
  REBUILD_TENSOR("torch._utils._rebuild_tensor"),
  /** The same with two more arguments, about gradients. */
  REBUILD_TENSOR_V2("torch._utils._rebuild_tensor_v2"),
  /** A tensor that is trained. */
  REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
  /** Storages by the format of their numbers. */
  DOUBLE_STORAGE("torch.DoubleStorage", Dtype.F64),
  /** Single precision. */
  FLOAT_STORAGE("torch.FloatStorage", Dtype.F32),
  /** Half precision. */
  HALF_STORAGE("torch.HalfStorage", Dtype.F16),
  /** bfloat16. */
  BFLOAT16_STORAGE("torch.BFloat16Storage", Dtype.BF16),
  /** Signed 64-bit integers. */
  LONG_STORAGE("torch.LongStorage", Dtype.I64),
  /** Signed 32-bit integers. */
  INT_STORAGE("torch.IntStorage", Dtype.I32),
  /** Signed 16-bit integers. */
  SHORT_STORAGE("torch.ShortStorage", Dtype.I16),
  /** Signed bytes. */
  CHAR_STORAGE("torch.CharStorage", Dtype.I8),
  /** Unsigned bytes. */
  BYTE_STORAGE("torch.ByteStorage", Dtype.U8),
  /** Truth values. */
  BOOL_STORAGE("torch.BoolStorage", Dtype.BOOL);

  private final String pythonName;
  private final Optional<Dtype> storageDtype;

  TorchName(String pythonName) {
    this.pythonName = pythonName;
    storageDtype = Optional.empty();
  }

  TorchName(String pythonName, Dtype storageDtype) {
    this.pythonName = pythonName;
    this.storageDtype = Optional.of(storageDtype);
  }

  /** Module and name, parted by a dot. */
  String pythonName() {
    return pythonName;
  }

  /** The format of the numbers, where this is a storage. */
  Optional<Dtype> storageDtype() {
    return storageDtype;
  }

  /** The one of that name, if it is one of these. */
  static Optional<TorchName> of(String pythonName) {
    for (TorchName name : values()) {
      if (name.pythonName.equals(pythonName)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }
}
