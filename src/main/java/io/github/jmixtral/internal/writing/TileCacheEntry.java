package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.TileTensors;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.ModelFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * What a folder of a tile cache is made of.
 *
 * @param identity a hash of sizes, times and samples of the source's files, of the options and of
 *     the version of all this; no paths: a file that moves stays what it is
 * @param version of the way in which weights are rearranged and stored
 * @param source where the source lay
 * @param options those that decide what becomes of weights
 */
record TileCacheEntry(String identity, String version, String source, String options) {
  /** Another one where weights become something else than before, or are stored in another way. */
  private static final String VERSION =
      "1, tiles " + TileTensors.VERSION + " and " + TileTensors.SUPER_BLOCK_VERSION;

  /** The headers of most files are no longer. */
  private static final int FIRST_BYTES = 1 << 20;

  /** Further samples of a file: evenly spaced, to its end. */
  private static final int SAMPLES = 32;

  private static final int SAMPLE_BYTES = 1 << 16;

  private static final int HASH_BYTES = 16;
  private static final Pattern IDENTITY = Pattern.compile("[0-9a-f]{" + 2 * HASH_BYTES + "}");
  private static final String RECORD = "tile-cache.json";

  /** Files that say what weights mean, where they lie beside them. */
  private static final List<String> SETTINGS =
      List.of(ModelFiles.CONFIG, ModelFiles.PARAMS, "quantize_config.json", "quant_config.json");

  /** The entry that a checkpoint has with some options. */
  static TileCacheEntry of(Checkpoint stored, LoadOptions options) throws IOException {
    Path source = stored.folder().toAbsolutePath().normalize();
    String chosen =
        "inexact weights %s, recipe %s"
            .formatted(
                options.inexactWeights(), options.quantization().map(Object::toString).orElse("-"));
    MessageDigest digest = sha256();
    add(digest, VERSION + ", " + chosen);
    for (Path file : stored.contents().files()) {
      addFile(digest, file);
    }
    if (Files.isDirectory(source)) {
      for (String name : SETTINGS) {
        if (Files.isRegularFile(source.resolve(name))) {
          add(digest, name);
          digest.update(Files.readAllBytes(source.resolve(name)));
        }
      }
    }
    String hash = HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
    return new TileCacheEntry(hash, VERSION, source.toString(), chosen);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  private static void add(MessageDigest digest, String text) {
    digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void addFile(MessageDigest digest, Path file) throws IOException {
    add(digest, Files.size(file) + " bytes of " + Files.getLastModifiedTime(file).toMillis());
    try (FileChannel channel = FileChannel.open(file)) {
      addBytes(digest, channel, 0, FIRST_BYTES);
      long last = Math.max(0, channel.size() - SAMPLE_BYTES);
      for (int sample = 1; sample <= SAMPLES; sample++) {
        addBytes(digest, channel, last * sample / SAMPLES, SAMPLE_BYTES);
      }
    }
  }

  private static void addBytes(MessageDigest digest, FileChannel channel, long first, int most)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(most, channel.size() - first));
    int read = 0;
    while (bytes.hasRemaining() && read >= 0) {
      read = channel.read(bytes, first + bytes.position());
    }
    digest.update(bytes.flip());
  }

  /**
   * The entry that a folder was made as.
   *
   * @throws io.github.jmixtral.error.JmixtralException when it has no readable record
   */
  static TileCacheEntry read(Path folder) {
    JsonNode root = JsonFile.read(folder.resolve(RECORD));
    return new TileCacheEntry(
        root.path("identity").asString(""),
        root.path("version").asString(""),
        root.path("source").asString(""),
        root.path("options").asString(""));
  }

  /** Whether a folder was made as an entry; one without a record was not. */
  static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(RECORD));
  }

  void write(Path folder) {
    JsonFile.write(
        folder.resolve(RECORD),
        Map.of("identity", identity, "version", version, "source", source, "options", options));
  }

  /**
   * Refuses a folder that was made as another entry.
   *
   * @throws io.github.jmixtral.error.JmixtralException when it was, or has no readable record
   */
  void requireIn(Path folder) {
    if (!read(folder).identity.equals(identity)) {
      throw new MalformedFileException(
          folder.resolve(RECORD).toString(), "this is the record of another folder");
    }
  }

  /**
   * Whether a folder was made as an entry of the same place, which has changed since. Entries of
   * other versions belong to other releases of this library, which may be in use beside it.
   */
  boolean replaces(TileCacheEntry other, Path folder) {
    return other.version.equals(version)
        && other.source.equals(source)
        && other.options.equals(options)
        && !other.identity.equals(identity)
        && folder.endsWith(other.identity);
  }

  /** Whether a name has the form of an identity. */
  static boolean isIdentity(String name) {
    return IDENTITY.matcher(name).matches();
  }
}
