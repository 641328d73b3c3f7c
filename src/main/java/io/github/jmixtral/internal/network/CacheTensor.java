package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.format.Dtype;
import java.util.List;

/** What a {@link CacheBlock} is made of, as it lies in a file: a tensor of all layers. */
enum CacheTensor {
  /** [layers, kvHeads, headDim, SIZE]. */
  KEYS("keys"),

  /** [layers, kvHeads, SIZE, headDim]. */
  VALUES("values"),

  /** [layers, kvHeads, SIZE]: of a block in 8 bits. */
  KEY_SCALES("key_scales"),

  /** [layers, kvHeads, SIZE]: of a block in 8 bits. */
  VALUE_SCALES("value_scales");

  private final String fileName;

  CacheTensor(String fileName) {
    this.fileName = fileName;
  }

  /** The tensors of a block, in the order of the file. */
  static List<CacheTensor> of(CacheFormat format) {
    return switch (format) {
      case F32, F16 -> List.of(KEYS, VALUES);
      case I8 -> List.of(values());
    };
  }

  /** The name in a file of a block's tensor. */
  String nameIn(int block) {
    return "blocks." + block + "." + fileName;
  }

  Dtype dtype(CacheFormat format) {
    return switch (this) {
      case KEYS, VALUES ->
          switch (format) {
            case F32 -> Dtype.F32;
            case F16 -> Dtype.F16;
            case I8 -> Dtype.I8;
          };
      case KEY_SCALES, VALUE_SCALES -> Dtype.F32;
    };
  }

  /** How many numbers of one position lie side by side. */
  int numbersOfPosition(MixtralConfig config) {
    return this == VALUES ? config.headDim() : 1;
  }

  List<Long> shape(MixtralConfig config) {
    long layers = config.numHiddenLayers();
    long kvHeads = config.numKeyValueHeads();
    long headDim = config.headDim();
    long size = CacheBlock.SIZE;
    return switch (this) {
      case KEYS -> List.of(layers, kvHeads, headDim, size);
      case VALUES -> List.of(layers, kvHeads, size, headDim);
      case KEY_SCALES, VALUE_SCALES -> List.of(layers, kvHeads, size);
    };
  }
}
