package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.PreloadListener;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Brings the pages of mapped weights into memory, before anyone computes with them. */
final class PagePreloader {
  /** Bytes that a thread asks for at once: enough for a disk to read in one go. */
  private static final long STRETCH = 16L << 20;

  private final List<MemorySegment> stretches = new ArrayList<>();
  private final PreloadListener listener;
  private final long totalBytes;
  private long bytes;

  private PagePreloader(MixtralWeights weights, PreloadListener listener) {
    this.listener = listener;
    for (WeightMatrix matrix : weights.matrices()) {
      memory(matrix).filter(MemorySegment::isMapped).forEach(this::addStretches);
    }
    totalBytes = stretches.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /** Reads all pages on a number of threads; returns when they are in memory. */
  static void run(MixtralWeights weights, int threads, PreloadListener listener) {
    PagePreloader preloader = new PagePreloader(weights, listener);
    try (ThreadTeam team = new ThreadTeam(threads)) {
      team.run(preloader.stretches.size(), preloader::load);
    }
  }

  private static Stream<MemorySegment> memory(WeightMatrix matrix) {
    return switch (matrix) {
      case FloatMatrix floats -> Stream.of(floats.data());
      case QuantizedMatrix tiles -> Stream.of(tiles.data());
      case SuperBlockMatrix blocks -> Stream.of(blocks.data());
      case OffsetMatrix(var tiles, var offsets) -> Stream.of(tiles.data(), offsets.data());
      case ReorderedMatrix(var tiles, _) -> memory(tiles);
      // What is decoded is not computed with where it lies.
      case EncodedMatrix _ -> Stream.empty();
    };
  }

  private void addStretches(MemorySegment data) {
    for (long offset = 0; offset < data.byteSize(); offset += STRETCH) {
      stretches.add(data.asSlice(offset, Math.min(STRETCH, data.byteSize() - offset)));
    }
  }

  private void load(int item, int worker) {
    MemorySegment stretch = stretches.get(item);
    stretch.load();
    synchronized (this) {
      bytes += stretch.byteSize();
      listener.loaded(bytes, totalBytes);
    }
  }
}
