package io.github.jmixtral.conversion;

import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.format.ByteSize;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.format.TorchFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whether the files of weights are there, each is well-formed, and the index tells the truth. */
final class FileChecks {
  static final String HEADERS = "headers";
  static final String INDEX = "index";

  private final CheckpointLayout layout;
  private final Findings findings;

  FileChecks(CheckpointLayout layout, Findings findings) {
    this.layout = layout;
    this.findings = findings;
  }

  void run() {
    Optional<Path> index = layout.indexFile();
    String listing = index.isPresent() ? INDEX : HEADERS;
    Optional<List<Path>> files = findings.attempt(listing, layout::weightFiles);
    if (files.isEmpty()) {
      if (index.isPresent()) {
        findings.allow(HEADERS, INDEX);
      } else {
        findings.absent(INDEX, "there is none");
      }
      return;
    }
    List<Path> missing = files.get().stream().filter(file -> !Files.exists(file)).toList();
    findings.failed(
        listing, missing.stream().map(file -> file + ": the file of weights is missing").toList());
    checkHeaders(files.get().stream().filter(Files::exists).toList());
    if (index.isEmpty()) {
      findings.absent(INDEX, "none is needed");
    } else if (missing.isEmpty() && findings.allow(INDEX, HEADERS)) {
      findings
          .attempt(INDEX, this::openShards)
          .ifPresent(
              tensors ->
                  findings.good(
                      INDEX,
                      "%,d tensors, each in the one of %d files that it names"
                          .formatted(tensors, files.get().size())));
    }
  }

  /** Opening all of them finds what index and shards say of each other. */
  private int openShards() {
    layout.indexFile().ifPresent(TensorFolder::requireTrueIndex);
    try (Arena arena = Arena.ofConfined()) {
      return TensorFolder.open(layout.path(), arena).tensors().size();
    }
  }

  private void checkHeaders(List<Path> files) {
    long bytes = 0;
    long tensors = 0;
    boolean allGood = true;
    for (Path file : files) {
      Optional<Header> header = findings.attempt(HEADERS, () -> open(file));
      allGood &= header.isPresent();
      tensors += header.map(Header::tensors).orElse(0);
      bytes += header.map(Header::bytes).orElse(0L);
    }
    if (allGood && !files.isEmpty()) {
      String where =
          files.size() == 1 ? "" + files.getFirst().getFileName() : files.size() + " files";
      findings.good(HEADERS, "%s: %,d tensors, %s".formatted(where, tensors, ByteSize.text(bytes)));
    }
  }

  /**
   * What a file holds.
   *
   * @param tensors how many tensors
   * @param bytes of all of them
   */
  private record Header(int tensors, long bytes) {}

  private static Header open(Path file) {
    requireFile(file);
    String name = file.getFileName().toString();
    try (Arena arena = Arena.ofConfined()) {
      if (GgufFile.find(file).isPresent()) {
        var tensors = GgufFile.open(file, arena).tensors().values();
        return new Header(
            tensors.size(), tensors.stream().mapToLong(each -> each.data().byteSize()).sum());
      }
      boolean safetensors = name.endsWith(".safetensors");
      var tensors =
          (safetensors ? SafetensorsFile.open(file, arena).tensors() : TorchFile.open(file, arena))
              .values();
      return new Header(
          tensors.size(),
          tensors.stream().map(TensorEntry::data).mapToLong(d -> d.byteSize()).sum());
    }
  }

  private static void requireFile(Path file) {
    if (Files.isDirectory(file)) {
      throw new UncheckedIOException(file + ": cannot be read", new IOException("a folder"));
    }
  }
}
