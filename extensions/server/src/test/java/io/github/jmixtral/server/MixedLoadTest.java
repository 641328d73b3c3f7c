package io.github.jmixtral.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.jmixtral.config.LoadOptions;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Many connections that ask for all sorts of things; a third leave early, a tenth are malformed.
 * {@code -Djmixtral.load.seconds=300} goes on for longer.
 */
class MixedLoadTest {
  private static final int CONNECTIONS = 64;
  private static final int SECONDS = Integer.getInteger("jmixtral.load.seconds", 3);

  /** What a heap may have grown by at the end: caches of the libraries, counters by status. */
  private static final long HEAP_ROOM = 16 << 20;

  private static final JsonMapper JSON = new JsonMapper();

  private static final List<Map.Entry<String, String>> REQUESTS =
      List.of(
          Map.entry(
              "/v1/chat/completions",
              "{'messages':[{'role':'user','content':'A duck'}],'max_tokens':6,'temperature':0}"),
          Map.entry("/v1/completions", "{'prompt':'Once','max_tokens':6,'temperature':0}"),
          Map.entry(
              "/v1/completions", "{'prompt':'One day','max_tokens':12,'temperature':0.9,'seed':3}"),
          Map.entry(
              "/v1/completions", "{'prompt':'Once','max_tokens':24,'temperature':0,'stream':true}"),
          Map.entry("/v1/responses", "{'input':'A fox','max_output_tokens':6,'temperature':0}"),
          Map.entry("/v1/embeddings", "{'input':['A duck','A fox']}"),
          Map.entry("/v1/score", "{'text_1':'A duck','text_2':'A fox'}"),
          Map.entry("/tokenize", "{'content':'A duck swims'}"),
          Map.entry(
              "/api/chat",
              "{'model':'storyteller','messages':[{'role':'user','content':'A"
                  + " duck'}],'options':{'num_predict':6,'temperature':0}}"),
          Map.entry("/api/embed", "{'model':'storyteller','input':'A duck'}"));

  /** The first answer to each request, without what differs from one to the next. */
  private final Map<Integer, String> answers = new ConcurrentHashMap<>();

  /** Answers that asked to come again. */
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void noAnswerIsWrongAndNothingIsLeft() throws Exception {
    try (StoryServer server =
        StoryServer.start(LoadOptions.defaults().withMaxRequests(8).withMaxWaiting(24))) {
      for (int request = 0; request < REQUESTS.size(); request++) {
        assertTrue(ask(server, request, false).isEmpty());
      }
      awaitAtMost("connections", 0, server::connections);
      long threads = threads();
      long heap = usedHeap();
      long files = openFiles();
      long sockets = openSockets();
      long end = System.nanoTime() + SECONDS * 1_000_000_000L;
      List<Callable<List<String>>> clients = new ArrayList<>();
      for (int number = 0; number < CONNECTIONS; number++) {
        int client = number;
        clients.add(() -> run(server, new SplittableRandom(client), end));
      }
      List<String> failures = new ArrayList<>();
      try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<List<String>> result : pool.invokeAll(clients)) {
          failures.addAll(result.get());
        }
      }
      assertEquals(List.of(), failures);
      assertTrue(refused.get() > 0);
      awaitAtMost("requests", 0, server::runningRequests);
      assertEquals(0, server.heldBytes());
      assertEquals(0, server.model().runningRequestCount());
      assertEquals(0, server.model().waitingRequestCount());
      assertEquals(0, server.model().cacheByteSize());
      awaitAtMost("connections", 0, server::connections);
      awaitAtMost("sockets", sockets, MixedLoadTest::openSockets);
      // Some threads of the pools stay for a while, with a file or two for what they wait for.
      awaitAtMost("threads", threads + 8, MixedLoadTest::threads);
      awaitAtMost("files", files + 8, MixedLoadTest::openFiles);
      awaitAtMost("bytes of heap", heap + HEAP_ROOM, MixedLoadTest::usedHeap);
    }
  }

  /** Clients and idle threads end by themselves, a collector takes its time. */
  private static void awaitAtMost(String what, long bound, LongSupplier figure) {
    long now = figure.getAsLong();
    while (now > bound) {
      try {
        Thread.sleep(100);
      } catch (InterruptedException timeout) {
        throw new AssertionError(
            "%s: %d, expected %d at most".formatted(what, now, bound), timeout);
      }
      now = figure.getAsLong();
    }
  }

  private static long threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  /** What is left of the heap by a collector. */
  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Of the process; 0 on systems that do not count them. */
  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? system.getOpenFileDescriptorCount()
        : 0;
  }

  /** Of the process; 0 where there is no {@code /proc}. */
  private static long openSockets() {
    File[] files = new File("/proc/self/fd").listFiles();
    return files == null ? 0 : Arrays.stream(files).filter(MixedLoadTest::isSocket).count();
  }

  private static boolean isSocket(File file) {
    try {
      return Files.readSymbolicLink(file.toPath()).toString().startsWith("socket:");
    } catch (IOException _) {
      return false; // It has been closed meanwhile.
    }
  }

  /** Asks until the time is over and a request, not necessarily one of this client, was refused. */
  private List<String> run(StoryServer server, SplittableRandom random, long end)
      throws IOException, InterruptedException {
    List<String> failures = new ArrayList<>();
    while ((System.nanoTime() < end || refused.get() == 0) && failures.isEmpty()) {
      int request = random.nextInt(REQUESTS.size());
      switch (random.nextInt(30)) {
        case 0, 1, 2 -> malformed(server, request, random).ifPresent(failures::add);
        case 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 -> ask(server, request, true);
        default -> ask(server, request, false).ifPresent(failures::add);
      }
    }
    return failures;
  }

  private static HttpRequest post(StoryServer server, String path, String body) {
    return HttpRequest.newBuilder(server.uri(path))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  /** Asks on a connection of its own; what is wrong with the answer, if it is awaited. */
  private Optional<String> ask(StoryServer server, int number, boolean leave)
      throws IOException, InterruptedException {
    Map.Entry<String, String> entry = REQUESTS.get(number);
    HttpRequest request = post(server, entry.getKey(), entry.getValue().replace('\'', '"'));
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      if (leave) {
        var call = client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
        Thread.sleep(number);
        call.thenAccept(MixedLoadTest::closeQuietly);
        call.cancel(true);
        client.shutdownNow();
        return Optional.empty();
      }
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() == 503
          && response.headers().firstValue("Retry-After").isPresent()) {
        refused.incrementAndGet();
        return Optional.empty();
      }
      String answer = response.statusCode() + " " + essence(response.body());
      String first = answers.computeIfAbsent(number, _ -> answer);
      return first.equals(answer)
          ? Optional.empty()
          : Optional.of(
              entry.getKey() + "\n" + first + "\n" + response.statusCode() + " " + response.body());
    }
  }

  private static void closeQuietly(HttpResponse<InputStream> response) {
    try {
      response.body().close();
    } catch (IOException _) {
      // It is gone.
    }
  }

  private static Optional<String> malformed(StoryServer server, int number, SplittableRandom random)
      throws IOException, InterruptedException {
    Map.Entry<String, String> entry = REQUESTS.get(number);
    String body = entry.getValue().replace('\'', '"');
    try (HttpClient client = HttpClient.newHttpClient()) {
      int status =
          client
              .send(
                  post(
                      server,
                      entry.getKey(),
                      body.substring(0, 1 + random.nextInt(body.length() - 1))),
                  HttpResponse.BodyHandlers.ofString())
              .statusCode();
      return status == 400 ? Optional.empty() : Optional.of(entry.getKey() + " " + status);
    }
  }

  /** What stays the same: texts, vectors, tokens. */
  private static String essence(String body) {
    StringBuilder essence = new StringBuilder();
    body.lines()
        .map(line -> line.startsWith("data: ") ? line.substring(6) : line)
        .filter(line -> line.startsWith("{"))
        .map(JSON::readTree)
        .forEach(
            value -> {
              for (String field :
                  List.of("choices", "output", "data", "tokens", "message", "embeddings")) {
                JsonNode found = value.get(field);
                if (found != null) {
                  essence.append(found.toString().replaceAll("\"id\":\"[^\"]*\"", ""));
                }
              }
            });
    return essence.toString();
  }
}
