package io.github.jmixtral.hub;

import io.github.jmixtral.error.HubAccessException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.internal.format.Excerpt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Downloads models from the Hugging Face Hub into its cache, where jmixtral and the Python
 * libraries find them. The usual variables count: {@code HF_ENDPOINT}, {@code HF_TOKEN} (else the
 * token that a log-in has left, in {@code HF_TOKEN_PATH} or {@code $HF_HOME/token}), the cache's
 * (see {@link HubCache#ofEnvironment}), and {@code HF_HUB_OFFLINE}, with which nothing is
 * downloaded.
 *
 * @since 0.1.0
 */
public final class HubDownload {
  private static final Logger LOGGER = LoggerFactory.getLogger(HubDownload.class);

  /** How long the network may stay silent. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** As many files as one connection does not fill the line with. */
  private static final int FILES_AT_A_TIME = 4;

  private final HubCache cache;
  private final HubEndpoint endpoint;
  private final boolean offline;
  private final Duration pause;

  HubDownload(HubCache cache, HubEndpoint endpoint, boolean offline, Duration pause) {
    this.cache = cache;
    this.endpoint = endpoint;
    this.offline = offline;
    this.pause = pause;
  }

  /**
   * Downloads as the usual variables say.
   *
   * @param environment variables and their values, such as {@link System#getenv()}
   * @throws IllegalArgumentException when {@code HF_ENDPOINT} is no address, or {@code HF_TOKEN} no
   *     token
   */
  public static HubDownload ofEnvironment(Map<String, String> environment) {
    Objects.requireNonNull(environment, "environment");
    String address = environment.getOrDefault("HF_ENDPOINT", "");
    return new HubDownload(
        HubCache.ofEnvironment(environment),
        new HubEndpoint(
            address.isBlank() ? "https://huggingface.co" : address, token(environment), TIMEOUT),
        isOffline(environment),
        PAUSE);
  }

  /** An older name counts where the usual one is not set. */
  private static boolean isOffline(Map<String, String> environment) {
    return isTrue(
        environment.getOrDefault(
            HubCache.isSet(environment, "HF_HUB_OFFLINE")
                ? "HF_HUB_OFFLINE"
                : "TRANSFORMERS_OFFLINE",
            ""));
  }

  /** What {@code HF_TOKEN} says, else what a log-in of the Hub's own tools has left. */
  static Optional<String> token(Map<String, String> environment) {
    for (String name : List.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")) {
      if (HubCache.isSet(environment, name)) {
        return Optional.of(Objects.requireNonNull(environment.get(name)).strip());
      }
    }
    Path file =
        HubCache.isSet(environment, "HF_TOKEN_PATH")
            ? HubCache.path(environment, "HF_TOKEN_PATH")
            : HubCache.home(environment).resolve("token");
    try {
      return Files.isRegularFile(file)
          ? Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty())
          : Optional.empty();
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be read", failure);
    }
  }

  private static boolean isTrue(String value) {
    return List.of("1", "on", "yes", "true").contains(value.strip().toLowerCase(Locale.ROOT));
  }

  /**
   * Downloads a model. What is in the cache already is not fetched again, what broke off is
   * continued, and size and hash of every file are checked.
   *
   * @param modelName {@code ORG/NAME} or {@code ORG/NAME@REVISION}
   * @param selection which of its files
   * @param listener what it throws ends the download
   * @return the folder of the revision in the cache
   * @throws MissingFileException when the Hub has no such model, no file of the selection, or does
   *     not give it to this user, or when {@code HF_HUB_OFFLINE} is set
   * @throws io.github.jmixtral.error.MalformedFileException when what arrives is not what the Hub
   *     announced
   * @throws UncheckedIOException when the network or the disk fails
   * @throws IllegalArgumentException when it is no model's name
   */
  public Path download(String modelName, FileSelection selection, DownloadListener listener) {
    Objects.requireNonNull(modelName, "modelName");
    Objects.requireNonNull(selection, "selection");
    Objects.requireNonNull(listener, "listener");
    HubCache.Name name = HubCache.Name.of(modelName);
    if (offline) {
      return cached(modelName)
          .orElseThrow(
              () ->
                  new HubAccessException(
                      modelName,
                      "HF_HUB_OFFLINE forbids downloads, and the cache does not hold it; unset the"
                          + " variable"));
    }
    try {
      HubEndpoint.Listing listing = list(name);
      List<RemoteFile> files = selection.of(listing.files());
      if (files.isEmpty()) {
        throw new MissingFileException(
            modelName,
            "the model does not have "
                + selection
                + "; its files are "
                + Excerpt.line(listing.files().stream().map(RemoteFile::name).toList().toString()));
      }
      Path folder = cache.prepare(name, listing.commit());
      long total = files.stream().mapToLong(file -> file.size().orElse(0)).sum();
      requireSpace(folder, total);
      fetch(name, listing.commit(), files, new Meter(listener, total));
      cache.refer(name, listing.commit());
      LOGGER.info(
          "{}: {} files of {} are in {}", modelName, files.size(), listing.commit(), folder);
      return folder;
    } catch (IOException failure) {
      Optional<Path> cached = isAnswer(failure) ? Optional.empty() : cached(modelName);
      cached.ifPresent(
          folder -> LOGGER.warn("{}: {} can't be asked; {} stays", modelName, endpoint, folder));
      return cached.orElseThrow(
          () ->
              new UncheckedIOException(
                  modelName + " from " + endpoint + ": cannot be downloaded", failure));
    }
  }

  /** Whether the Hub itself refuses, or the disk: then what the cache holds is no answer. */
  private static boolean isAnswer(IOException failure) {
    return failure instanceof HttpStatusException || failure instanceof FileSystemException;
  }

  private Optional<Path> cached(String modelName) {
    try {
      return Optional.of(cache.folder(modelName));
    } catch (MissingFileException _) {
      return Optional.empty();
    }
  }

  /** Asks what the revision holds, and again where the answer may be another one in a moment. */
  private HubEndpoint.Listing list(HubCache.Name name) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return endpoint.list(name.model(), name.revision());
      } catch (IOException failure) {
        boolean lasts =
            switch (failure) {
              case HttpStatusException status -> !status.isPassing();
              case UnknownHostException _ -> true;
              default -> false;
            };
        if (lasts || attempt == BlobDownload.ATTEMPTS) {
          throw failure;
        }
        BlobDownload.waitBefore(attempt, failure, pause);
      }
    }
  }

  /** Better said now than after an hour. What broke off earlier is not counted: a rough check. */
  private static void requireSpace(Path folder, long total) throws IOException {
    long usable = Files.getFileStore(folder).getUsableSpace();
    if (usable < total / 2) {
      throw new IOException(
          "the disk has %,d bytes left, the files take %,d".formatted(usable, total));
    }
  }

  private void fetch(HubCache.Name name, String commit, List<RemoteFile> files, Meter meter)
      throws IOException {
    try (ExecutorService team = Executors.newFixedThreadPool(FILES_AT_A_TIME)) {
      List<Future<?>> running = new ArrayList<>();
      for (RemoteFile file : files) {
        running.add(
            team.submit(
                () -> {
                  Path blob =
                      new BlobDownload(endpoint, cache, name, commit, file, pause, meter::add)
                          .run();
                  cache.link(name, commit, file.name(), blob);
                  return null;
                }));
      }
      try {
        for (Future<?> one : running) {
          one.get();
        }
      } catch (InterruptedException interruption) {
        team.shutdownNow();
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", interruption);
      } catch (ExecutionException failure) {
        team.shutdownNow();
        throw rethrown(failure.getCause());
      }
    }
  }

  private static IOException rethrown(@Nullable Throwable cause) {
    return switch (Objects.requireNonNull(cause)) {
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      case IOException failure -> failure;
      default -> throw new IllegalStateException(cause);
    };
  }

  /** Adds up what several files' threads count. */
  private static final class Meter {
    private final DownloadListener listener;
    private final long total;
    private long bytes;

    Meter(DownloadListener listener, long total) {
      this.listener = listener;
      this.total = total;
    }

    synchronized void add(long count) {
      bytes += count;
      listener.arrived(bytes, total);
    }
  }
}
