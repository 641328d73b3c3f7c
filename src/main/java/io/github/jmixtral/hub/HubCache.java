package io.github.jmixtral.hub;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.Excerpt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The cache in which the Hub's own tools keep what they download, so that a model that Python uses
 * loads without a copy:
 *
 * <pre>
 * models--mistralai--Mixtral-8x7B-v0.1/refs/main          a commit id
 * models--mistralai--Mixtral-8x7B-v0.1/snapshots/COMMIT/  the folder, of links to ../../blobs
 * models--mistralai--Mixtral-8x7B-v0.1/blobs/             the files, each named by its hash
 * .locks/models--mistralai--Mixtral-8x7B-v0.1/            held while a blob is written
 * </pre>
 *
 * @see <a href="https://huggingface.co/docs/huggingface_hub/guides/manage-cache">the cache's
 *     layout</a>
 * @since 0.1.0
 */
public final class HubCache {
  private static final String LATEST = "main";

  /** {@code ORG/NAME} or {@code ORG/NAME@REVISION}. */
  private static final Pattern MODEL_NAME =
      Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*(@[A-Za-z0-9][\\w./-]*)?");

  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]+)\\})");

  private static final Pattern PATH_IN_MODEL = Pattern.compile("([^/]+/[^/]+)/(.+)");

  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:(?:https?://)?(?:www\\.)?(?:huggingface|hf)\\.co/|hf://)([^/?#]+/[^/?#]+)");

  private static final int GGUF_DEPTH = 3;

  /** Weights in files, of a split GGUF file the first. */
  private static final Pattern LOADABLE =
      Pattern.compile(
          ".*\\.(safetensors|bin|pth|pt)|.*-00001-of-\\d{5}\\.gguf"
              + "|(?!.*-\\d{5}-of-\\d{5}\\.gguf).*\\.gguf");

  /** A folder's name. The Hub writes 40 hexadecimal digits, mirrors and tests what they like. */
  private static final Pattern COMMIT = Pattern.compile("(?!\\.)[A-Za-z0-9._-]{1,96}");

  private final Path root;

  /** The cache in a folder, which need not exist. */
  public HubCache(Path root) {
    Objects.requireNonNull(root, "root");
    this.root = root;
  }

  /**
   * The cache that the usual variables name: {@code HF_HUB_CACHE} or its older name {@code
   * HUGGINGFACE_HUB_CACHE}, else {@code $HF_HOME/hub}, else {@code
   * $XDG_CACHE_HOME/huggingface/hub}, else {@code ~/.cache/huggingface/hub}. As in the Hub's own
   * tools, {@code ~} is {@code $HOME} and variables in a path stand for their values.
   *
   * @param environment variables and their values, such as {@link System#getenv()}
   */
  public static HubCache ofEnvironment(Map<String, String> environment) {
    Objects.requireNonNull(environment, "environment");
    for (String name : List.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) {
      if (isSet(environment, name)) {
        return new HubCache(path(environment, name));
      }
    }
    return new HubCache(home(environment).resolve("hub"));
  }

  /** The folder of the Hub's tools, which holds the cache and the token of a log-in. */
  static Path home(Map<String, String> environment) {
    if (isSet(environment, "HF_HOME")) {
      return path(environment, "HF_HOME");
    }
    Path cache =
        isSet(environment, "XDG_CACHE_HOME")
            ? path(environment, "XDG_CACHE_HOME")
            : userHome(environment).resolve(".cache");
    return cache.resolve("huggingface");
  }

  /** The path in a variable that is set, with {@code ~}, {@code $NAME} and <code>${NAME}</code>. */
  static Path path(Map<String, String> environment, String name) {
    String stored = Objects.requireNonNull(environment.get(name));
    boolean atHome = stored.equals("~") || stored.startsWith("~/");
    String text =
        VARIABLE
            .matcher(atHome ? stored.substring(Math.min(2, stored.length())) : stored)
            .replaceAll(
                found -> {
                  String variable = found.group(1) == null ? found.group(2) : found.group(1);
                  return Matcher.quoteReplacement(
                      environment.getOrDefault(variable, found.group()));
                });
    return atHome ? userHome(environment).resolve(text) : Path.of(text);
  }

  /** Containers and clusters set {@code HOME}; without it, what the system says of the user. */
  private static Path userHome(Map<String, String> environment) {
    return Path.of(
        isSet(environment, "HOME") ? environment.get("HOME") : System.getProperty("user.home"));
  }

  static boolean isSet(Map<String, String> environment, String name) {
    return !environment.getOrDefault(name, "").isBlank();
  }

  /** Whether a text can be a model's name, {@code ORG/NAME} or {@code ORG/NAME@REVISION}. */
  public static boolean isModelName(String text) {
    Objects.requireNonNull(text, "text");
    return MODEL_NAME.matcher(text).matches() && !text.contains("..");
  }

  /**
   * Where a model is that was named on a command line or in a setting: what lies at that path, else
   * the folder of the downloaded model of that name, or the GGUF file in one of its folders where
   * that is all there is. Nothing is fetched.
   *
   * @param pathOrName a folder, a file, {@code ORG/NAME} or {@code ORG/NAME@REVISION}, perhaps
   *     followed by {@code /PATH} of a folder or file of the model
   * @throws MissingFileException when it is neither
   */
  public Path locate(String pathOrName) {
    Objects.requireNonNull(pathOrName, "pathOrName");
    Matcher address = ADDRESS.matcher(pathOrName);
    if (address.lookingAt() && (pathOrName.contains("://") || !Files.exists(Path.of(pathOrName)))) {
      String name = address.group(1);
      throw new MissingFileException(
          pathOrName,
          "an address is not opened; download the model first (jmixtral download "
              + name
              + ") and then name it "
              + name);
    }
    Path path = Path.of(pathOrName);
    if (Files.exists(path)) {
      return path;
    }
    Matcher parts = PATH_IN_MODEL.matcher(pathOrName);
    if (parts.matches() && isModelName(parts.group(1))) {
      Path inside = snapshot(Name.of(parts.group(1))).resolve(parts.group(2)).normalize();
      if (inside.startsWith(root) && Files.exists(inside)) {
        return inside;
      }
    }
    if (!isModelName(pathOrName)) {
      throw new MissingFileException(
          pathOrName,
          "there is no such folder or GGUF file, and this is no name of a downloaded model,"
              + " ORG/NAME");
    }
    return onlyModel(folder(pathOrName));
  }

  /** The one GGUF file in the folders of a repository that holds nothing else to load. */
  private static Path onlyModel(Path snapshot) {
    try (Stream<Path> files = Files.walk(snapshot, GGUF_DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      List<Path> models =
          files
              .filter(file -> LOADABLE.matcher(file.getFileName().toString()).matches())
              .limit(2)
              .toList();
      boolean isAlone = models.size() == 1 && models.getFirst().toString().endsWith(".gguf");
      return isAlone ? models.getFirst() : snapshot;
    } catch (IOException failure) {
      throw new UncheckedIOException(snapshot + ": cannot be listed", failure);
    }
  }

  /**
   * The folder of a downloaded model. Without a revision it is the one that {@code main} meant when
   * it was downloaded.
   *
   * @param modelName {@code ORG/NAME} or {@code ORG/NAME@REVISION}; a revision is a branch, a tag
   *     or a whole commit id
   * @throws MissingFileException when it is not in the cache
   * @throws IllegalArgumentException when it is no model's name
   */
  public Path folder(String modelName) {
    Objects.requireNonNull(modelName, "modelName");
    Path snapshot = snapshot(Name.of(modelName));
    if (!Files.isDirectory(snapshot)) {
      throw new MissingFileException(
          modelName,
          "there is no such folder, and the Hub's cache "
              + root
              + " holds no model of this name; download it first");
    }
    return snapshot;
  }

  /**
   * A model's name in its parts.
   *
   * @param model {@code ORG/NAME}
   * @param revision a branch, a tag or a whole commit id
   */
  record Name(String model, String revision) {
    static Name of(String modelName) {
      if (!isModelName(modelName)) {
        throw new IllegalArgumentException(
            "model: "
                + Excerpt.quote(modelName)
                + " is not of the form ORG/NAME or ORG/NAME@REVISION");
      }
      List<String> parts = List.of(modelName.split("@", 2));
      return new Name(parts.getFirst(), parts.size() == 2 ? parts.get(1) : LATEST);
    }
  }

  private Path model(Name name) {
    return root.resolve("models--" + name.model().replace("/", "--"));
  }

  private Path reference(Name name) {
    return model(name).resolve("refs", name.revision());
  }

  /** The folder of a revision, which need not be there. */
  private Path snapshot(Name name) {
    Path reference = reference(name);
    String commit = Files.isRegularFile(reference) ? readCommit(reference) : name.revision();
    return snapshot(name, commit);
  }

  private Path snapshot(Name name, String commit) {
    return model(name).resolve("snapshots", commit);
  }

  /** Where a model's files lie, by their hashes. */
  Path blobs(Name name) {
    return model(name).resolve("blobs");
  }

  /**
   * The file whose lock a process holds while it writes a blob: the Python library's own. Where
   * that locks with flock and Java with fcntl, as on Linux, the two do not see each other's locks.
   */
  Path lockFile(Name name, String hash) throws IOException {
    Path locks = root.resolve(".locks").resolve(model(name).getFileName());
    return Files.createDirectories(locks).resolve(hash + ".lock");
  }

  /** Makes the folders of a commit, and returns that of its links. */
  Path prepare(Name name, String commit) throws IOException {
    Files.createDirectories(blobs(name));
    return Files.createDirectories(snapshot(name, commit));
  }

  /**
   * Lets a file of a commit be a blob: a relative link, or where links are not allowed a second
   * name of the blob, or else a copy. What is right stays untouched, and what is not is replaced in
   * one step, as other processes may be reading or downloading the same.
   */
  void link(Name name, String commit, String file, Path blob) throws IOException {
    Path link = snapshot(name, commit).resolve(file);
    Path folder = Objects.requireNonNull(link.getParent());
    Files.createDirectories(folder);
    if (isBlob(link, blob)) {
      return;
    }
    Path temporary = temporary(name);
    try {
      makeLink(temporary, folder.relativize(blob), blob);
      replace(link, temporary);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static boolean isBlob(Path link, Path blob) throws IOException {
    return Files.exists(link)
        && (Files.isSameFile(link, blob)
            || Files.isRegularFile(link, LinkOption.NOFOLLOW_LINKS)
                && Files.size(link) == Files.size(blob));
  }

  private static void makeLink(Path link, Path relative, Path blob) throws IOException {
    try {
      Files.createSymbolicLink(link, relative);
    } catch (UnsupportedOperationException | FileSystemException noSymbolicLinks) {
      try {
        Files.createLink(link, blob);
      } catch (UnsupportedOperationException | FileSystemException noLinks) {
        Files.copy(blob, link);
      }
    }
  }

  private static void replace(Path target, Path temporary) throws IOException {
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** A name beside the blobs, for what gets its own name when it is whole. */
  private Path temporary(Name name) {
    return blobs(name).resolve(UUID.randomUUID() + ".tmp");
  }

  /**
   * Notes which commit a branch or tag means; a commit id needs no note. A program that reads
   * meanwhile finds the former note or the new one.
   */
  void refer(Name name, String commit) throws IOException {
    Path reference = reference(name);
    if (name.revision().equals(commit)
        || Files.isRegularFile(reference) && Files.readString(reference).strip().equals(commit)) {
      return;
    }
    Files.createDirectories(reference.getParent());
    Path temporary = temporary(name);
    try {
      Files.writeString(temporary, commit);
      replace(reference, temporary);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static String readCommit(Path reference) {
    try {
      String commit = Files.readString(reference).strip();
      if (!COMMIT.matcher(commit).matches()) {
        throw new MalformedFileException(
            reference.toString(), "a commit id", Excerpt.quote(commit));
      }
      return commit;
    } catch (IOException failure) {
      throw new UncheckedIOException(reference + ": cannot be read", failure);
    }
  }
}
