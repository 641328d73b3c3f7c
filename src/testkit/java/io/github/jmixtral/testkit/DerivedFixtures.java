package io.github.jmixtral.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Puts fixture files together that hold the data of other fixtures in another layout. What comes
 * out equals the reference's file byte for byte, which a digest asserts.
 */
final class DerivedFixtures {
  private static final int EXPERTS = 8;

  /** SHA-256 of the files as the reference wrote them. */
  private static final Map<String, String> DIGESTS =
      Map.of(
          "sharded-f32/model-00001-of-00004.safetensors",
          "2192bb8db1ca4c88d5548ec8ab4b7278c7b1e1e39f302a2ee23d20770e29dab7",
          "sharded-f32/model-00002-of-00004.safetensors",
          "4840d7e51d620ecd5f320ecc521b580f5230515c80bbccae6681559104d9a87c",
          "sharded-f32/model-00003-of-00004.safetensors",
          "e10e11b44fa8d4bfb6b2a2ee2279c9821b9971b696c92386185c08cc65b2ead9",
          "sharded-f32/model-00004-of-00004.safetensors",
          "fb75e19a26c74017a989d077e4a259d712f867ee83599f32d2a00a95af71ca37",
          "fused-v5-f32/model.safetensors",
          "6a5c80f2bdc2bf6672b65f46501727b1a25103026f2f38e86c33d23ab22f6f9e",
          "tokenizer/tokenizer-metaspace.json",
          "d047b655caebad6cee524ae3357e32c73ffc1cb5f767340ac94ce6459b9de732");

  private DerivedFixtures() {}

  /**
   * Writes {@code to/NAME.safetensors} for every {@code from/NAME.safetensors.header} (the JSON
   * header, padding included), with the data of the same weights in {@code full}.
   */
  static void assembleCheckpoints(Path from, Path full, Path to) throws IOException {
    List<Path> headers;
    try (Stream<Path> listing = Files.list(from)) {
      headers = listing.filter(file -> file.toString().endsWith(".header")).sorted().toList();
    }
    Path fullFile = full.resolve("model.safetensors");
    for (Path headerFile : headers) {
      Path target = to.resolve(headerFile.getFileName().toString().replace(".header", ""));
      if (Fixtures.isOlder(target, headerFile) || Fixtures.isOlder(target, fullFile)) {
        write(target, assemble(Files.readAllBytes(headerFile), Files.readAllBytes(fullFile)));
      }
    }
  }

  /**
   * Writes {@code tokenizer-metaspace.json}, which differs from {@code tokenizer.json} only in who
   * turns spaces into {@code ▁}: a pre-tokenizer instead of the normalizer.
   */
  static void writeMetaspaceTokenizer(Path folder) throws IOException {
    Path source = folder.resolve("tokenizer.json");
    Path target = folder.resolve("tokenizer-metaspace.json");
    if (Fixtures.isOlder(target, source)) {
      String normalizing = Files.readString(source);
      int begin = normalizing.indexOf("\"normalizer\":");
      int end = normalizing.indexOf(", \"post_processor\":");
      String metaspace =
          "\"normalizer\": null, \"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\":"
              + " \"▁\", \"prepend_scheme\": \"always\", \"split\": false}";
      String result = normalizing.substring(0, begin) + metaspace + normalizing.substring(end);
      write(target, result.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static byte[] assemble(byte[] header, byte[] fullFile) {
    ByteBuffer full = ByteBuffer.wrap(fullFile).order(ByteOrder.LITTLE_ENDIAN);
    int fullHeaderLength = Math.toIntExact(full.getLong(0));
    JsonMapper mapper = new JsonMapper();
    JsonNode fullTensors = mapper.readTree(fullFile, Long.BYTES, fullHeaderLength);
    JsonNode tensors = mapper.readTree(header);

    List<String> names = new ArrayList<>(tensors.propertyNames());
    names.remove("__metadata__");
    names.sort(Comparator.comparingLong(name -> offset(tensors, name, 0)));
    int dataLength = Math.toIntExact(offset(tensors, names.getLast(), 1));

    ByteBuffer out =
        ByteBuffer.allocate(Long.BYTES + header.length + dataLength)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header);
    for (String name : names) {
      for (String part : partsOf(name)) {
        int begin = Math.toIntExact(offset(fullTensors, part, 0));
        int end = Math.toIntExact(offset(fullTensors, part, 1));
        out.put(fullFile, Long.BYTES + fullHeaderLength + begin, end - begin);
      }
    }
    return out.array();
  }

  /** The tensors of the classic layout whose data make up one of the classic or fused layout. */
  private static List<String> partsOf(String name) {
    String classic = name.replace(".mlp.", ".block_sparse_moe.");
    if (name.endsWith(".gate_up_proj")) {
      String experts = classic.replace("gate_up_proj", "");
      return IntStream.range(0, EXPERTS)
          .boxed()
          .flatMap(e -> Stream.of(experts + e + ".w1.weight", experts + e + ".w3.weight"))
          .toList();
    }
    if (name.endsWith(".down_proj")) {
      String experts = classic.replace("down_proj", "");
      return IntStream.range(0, EXPERTS).mapToObj(e -> experts + e + ".w2.weight").toList();
    }
    return List.of(classic);
  }

  private static long offset(JsonNode tensors, String name, int end) {
    return tensors.required(name).required("data_offsets").required(end).asLong();
  }

  private static void write(Path target, byte[] bytes) throws IOException {
    write(
        target, bytes, DIGESTS.get(target.getParent().getFileName() + "/" + target.getFileName()));
  }

  /** Writes a file that must have a digest. */
  static void write(Path target, byte[] bytes, String digest) throws IOException {
    String found;
    try {
      found = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    if (!found.equals(digest)) {
      throw new IllegalStateException(target + ": expected SHA-256 " + digest + ", found " + found);
    }
    Path temporary = target.resolveSibling(target.getFileName() + ".part");
    Files.write(temporary, bytes);
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }
}
