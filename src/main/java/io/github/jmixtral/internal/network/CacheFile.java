package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.format.SafetensorsWriter.Declaration;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A cache in a safetensors file: its ids, and the tensors of each block as in {@link CacheTensor}.
 * The metadata name what computed it; a file of another model, version, window or number format is
 * refused.
 *
 * <pre>
 * ids               I32 [ids]
 * blocks.2.keys     F32 [layers, kvHeads, headDim, 64]   positions 128 … 191
 * blocks.2.values   F32 [layers, kvHeads, 64, headDim]
 * </pre>
 *
 * @param config of the model
 * @param format of its caches
 * @param activations what quantised weights are multiplied with
 * @param fingerprint {@link ModelFingerprint}
 */
record CacheFile(
    MixtralConfig config,
    CacheFormat format,
    LoadOptions.Activations activations,
    String fingerprint) {

  /** Raised when a file of this version would be read wrongly. */
  private static final String VERSION = "1";

  private static final String KIND = "jmixtral cache";
  private static final String IDS = "ids";
  private static final String CONVERSATION = "conversation";
  private static final String EXPERTS = "num_experts_per_tok";
  private static final int BLOCK = CacheBlock.SIZE;

  /** What must be the same in file and model, by its name in the metadata. */
  private Map<String, String> identity() {
    Map<String, String> identity = new TreeMap<>();
    identity.put("activations", activations.name());
    identity.put("cache_format", format.name());
    identity.put("sliding_window", window(config.slidingWindow()));
    identity.put("model", fingerprint);
    return identity;
  }

  private static String window(OptionalInt window) {
    return window.isPresent() ? String.valueOf(window.getAsInt()) : "none";
  }

  /** Writes a cache. */
  void write(Path file, SavedCache saved) {
    BlockCache cache = saved.cache();
    int[] ids = saved.ids();
    if (ids.length < cache.length()) {
      throw new IllegalArgumentException(
          "ids: there are %d, but the cache holds %d".formatted(ids.length, cache.length()));
    }
    int end = blocks(cache.length());
    List<Declaration> tensors = new ArrayList<>();
    tensors.add(new Declaration(IDS, Dtype.I32, List.of((long) ids.length)));
    for (int block = cache.firstBlock(); block < end; block++) {
      for (CacheTensor tensor : CacheTensor.of(format)) {
        tensors.add(
            new Declaration(tensor.nameIn(block), tensor.dtype(format), tensor.shape(config)));
      }
    }
    Map<String, String> metadata = new TreeMap<>(identity());
    metadata.put("format", KIND);
    metadata.put("version", VERSION);
    metadata.put("length", String.valueOf(cache.length()));
    metadata.put("first_block", String.valueOf(cache.firstBlock()));
    metadata.put(EXPERTS, String.valueOf(cache.numExpertsPerTok()));
    metadata.put(CONVERSATION, saved.conversation());
    try (SafetensorsWriter writer = new SafetensorsWriter(file, tensors, metadata)) {
      writer.write(IDS, StoredNumbers.of(ids));
      for (int block = cache.firstBlock(); block < end; block++) {
        for (CacheTensor tensor : CacheTensor.of(format)) {
          for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            writer.write(tensor.nameIn(block), cache.block(block).bytes(tensor, layer));
          }
        }
      }
      writer.finish();
    }
  }

  private static int blocks(int length) {
    return Math.ceilDiv(length, BLOCK);
  }

  /**
   * Maps a file and puts its blocks into a cache, which is empty. The file stays mapped until the
   * garbage collector finds that no block of it is in use.
   *
   * @return without a conversation where an earlier version wrote none
   */
  SavedCache read(Path file, BlockCache cache) {
    SafetensorsFile opened = SafetensorsFile.open(file, Arena.ofAuto());
    requireSame(opened, "format", KIND);
    requireSame(opened, "version", VERSION);
    identity().forEach((key, value) -> requireSame(opened, key, value));
    int[] ids = ids(opened);
    int length = number(opened, "length", 0, ids.length);
    int lastFirst = cache.firstVisible(length) / BLOCK;
    int first = number(opened, "first_block", 0, length == 0 ? 0 : lastFirst);
    List<CacheBlock> blocks = new ArrayList<>();
    for (int block = first; block < blocks(length); block++) {
      Map<CacheTensor, MemorySegment> tensors = new EnumMap<>(CacheTensor.class);
      for (CacheTensor tensor : CacheTensor.of(format)) {
        TensorEntry entry = opened.tensor(tensor.nameIn(block));
        require(entry, tensor.dtype(format), tensor.shape(config));
        tensors.put(tensor, entry.data());
      }
      blocks.add(new MappedBlock(config, format, tensors));
    }
    cache.setNumExpertsPerTok(number(opened, EXPERTS, 1, config.numLocalExperts()));
    cache.adopt(first, blocks, length);
    return new SavedCache(cache, ids, opened.metadata().getOrDefault(CONVERSATION, ""));
  }

  private int[] ids(SafetensorsFile file) {
    TensorEntry entry = file.tensor(IDS);
    require(entry, Dtype.I32, List.of(entry.data().byteSize() / Integer.BYTES));
    int[] ids = new int[Math.toIntExact(entry.shape().getFirst())];
    MemorySegment.copy(entry.data(), LittleEndian.INT, 0, ids, 0, ids.length);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
        throw new MalformedFileException(
            entry.place() + ": id " + i, "0 … " + (config.vocabSize() - 1), String.valueOf(ids[i]));
      }
    }
    return ids;
  }

  private static void require(TensorEntry entry, Dtype dtype, List<Long> shape) {
    if (entry.dtype() != dtype || !entry.shape().equals(shape)) {
      throw new MalformedFileException(
          entry.place(), dtype + " " + shape, entry.dtype() + " " + entry.shape());
    }
  }

  private static void requireSame(SafetensorsFile file, String key, String expected) {
    String found = metadata(file, key);
    if (!expected.equals(found)) {
      throw new MalformedFileException(file.path() + ": " + key, expected, Excerpt.quote(found));
    }
  }

  private static int number(SafetensorsFile file, String key, int least, int most) {
    String found = metadata(file, key);
    try {
      int number = Integer.parseInt(found);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new MalformedFileException(
        file.path() + ": " + key, least + " … " + most, Excerpt.quote(found));
  }

  private static String metadata(SafetensorsFile file, String key) {
    String found = file.metadata().get(key);
    if (found == null) {
      throw new MalformedFileException(
          file.path().toString(), "the metadata key " + key + " is missing");
    }
    return found;
  }
}
