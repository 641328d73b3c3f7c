package io.github.jmixtral.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * A Hub on this machine with one model. Large files are redirected to a store, as the real one
 * does; a file's answers can be spoilt in several ways, once each.
 */
public final class SmallHub implements AutoCloseable {
  public static final String MODEL = "org/tiny";

  /** What {@link #spoil} calls the list of files; it can be refused. */
  public static final String LISTING = "list of files";

  /** A name that the model once had, which the Hub redirects. */
  public static final String FORMER_NAME = "former/tiny";

  public static final String COMMIT = "00112233445566778899aabbccddeeff00112233";

  /** What goes wrong with the next answer to a GET of a file. */
  public enum Mishap {
    /** The connection ends in the middle. */
    TRUNCATE,
    /** Nothing comes after the middle. */
    STALL,
    /** HTTP 503. */
    REFUSE,
    /** One byte is another. */
    DAMAGE,
    /** The range is passed over: the whole file comes. */
    IGNORE_RANGE,
    /** HTTP 416. */
    REFUSE_RANGE,
    /** More comes than was announced. */
    EXCEED
  }

  /** A request: method, path, and headers in lower case. */
  public record Request(String method, String path, Map<String, String> headers) {}

  private final ServerSocket server;
  private final ServerSocket store;
  private final Map<String, byte[]> files = new TreeMap<>();
  private final Map<String, ConcurrentLinkedQueue<Mishap>> mishaps = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Request> requests = new ConcurrentLinkedQueue<>();
  private volatile String neededToken = "";

  /** Starts it, empty. */
  public SmallHub() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    store = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    serve(server);
    serve(store);
  }

  /** What {@code HF_ENDPOINT} would name. */
  public String address() {
    return "http://localhost:" + server.getLocalPort();
  }

  /** Adds a file. */
  public void put(String name, byte[] content) {
    files.put(name, content);
  }

  /** Removes a file. */
  public void remove(String name) {
    files.remove(name);
  }

  /** Spoils the next answers to GETs of a file. */
  public void spoil(String name, Mishap... inOrder) {
    mishaps.computeIfAbsent(name, any -> new ConcurrentLinkedQueue<>()).addAll(List.of(inOrder));
  }

  /** Gives nothing to who does not have the token. */
  public void requireToken(String token) {
    neededToken = token;
  }

  /** All requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** What the Hub calls a content: large ones by their SHA-256, small ones as Git does. */
  public static String hash(byte[] content) {
    try {
      if (isLarge(content)) {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isLarge(byte[] content) {
    return content.length > 1000;
  }

  private void serve(ServerSocket socket) {
    Thread.ofVirtual()
        .start(
            () -> {
              while (!socket.isClosed()) {
                try {
                  Socket connection = socket.accept();
                  Thread.ofVirtual().start(() -> answer(connection, socket == store));
                } catch (IOException closed) {
                  return;
                }
              }
            });
  }

  private void answer(Socket connection, boolean asStore) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
      String[] first = in.readLine().split(" ");
      Map<String, String> headers = new TreeMap<>();
      for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
        int colon = line.indexOf(':');
        headers.put(line.substring(0, colon).toLowerCase(), line.substring(colon + 1).strip());
      }
      Request request = new Request(first[0], first[1], headers);
      requests.add(request);
      respond(request, asStore, connection.getOutputStream());
    } catch (IOException | InterruptedException gone) {
      // The client has closed the connection: as it may.
      connection.isClosed();
    }
  }

  private void respond(Request request, boolean asStore, OutputStream out)
      throws IOException, InterruptedException {
    if (asStore) {
      sendFile(request, request.path().substring("/store/".length()), "", out);
    } else if (!neededToken.isEmpty()
        && !("Bearer " + neededToken).equals(request.headers().get("authorization"))) {
      send(out, "401 Unauthorized", "", new byte[0]);
    } else if (request.path().contains("/" + FORMER_NAME + "/")) {
      String place = request.path().replace(FORMER_NAME, MODEL);
      String headers = "Location: %s\r\nETag: \"of-the-redirection\"\r\n".formatted(place);
      send(out, "307 Temporary Redirect", headers, new byte[0]);
    } else if (request.path().equals("/api/models/" + MODEL + "/revision/main?blobs=true")) {
      boolean refuses = next(LISTING) == Mishap.REFUSE;
      send(out, refuses ? "503 Service Unavailable" : "200 OK", "", listing());
    } else if (request.path().startsWith("/" + MODEL + "/resolve/" + COMMIT + "/")) {
      resolve(request, request.path().substring(MODEL.length() + COMMIT.length() + 11), out);
    } else {
      send(out, "404 Not Found", "", new byte[0]);
    }
  }

  private byte[] listing() {
    String siblings =
        files.entrySet().stream()
            .map(
                file ->
                    "{\"rfilename\": \"%s\", \"size\": %d}"
                        .formatted(file.getKey(), file.getValue().length))
            .collect(Collectors.joining(", "));
    return "{\"sha\": \"%s\", \"siblings\": [%s]}"
        .formatted(COMMIT, siblings)
        .getBytes(StandardCharsets.UTF_8);
  }

  private void resolve(Request request, String name, OutputStream out)
      throws IOException, InterruptedException {
    byte[] content = files.get(name);
    if (content == null) {
      send(out, "404 Not Found", "", new byte[0]);
    } else if (isLarge(content)) {
      String headers =
          "Location: http://localhost:%d/store/%s\r\nX-Linked-Etag: \"%s\"\r\nX-Linked-Size: %d\r\n"
              .formatted(store.getLocalPort(), name, hash(content), content.length);
      send(out, "302 Found", headers, new byte[0]);
    } else {
      sendFile(request, name, "ETag: W/\"%s\"\r\n".formatted(hash(content)), out);
    }
  }

  private void sendFile(Request request, String name, String headers, OutputStream out)
      throws IOException, InterruptedException {
    byte[] content = files.get(name).clone();
    Mishap mishap = request.method().equals("HEAD") ? null : next(name);
    int start = 0;
    String range = request.headers().get("range");
    if (range != null && mishap != Mishap.IGNORE_RANGE) {
      start = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    }
    if (mishap == Mishap.REFUSE) {
      send(out, "503 Service Unavailable", "", new byte[0]);
      return;
    }
    if (mishap == Mishap.REFUSE_RANGE) {
      send(out, "416 Range Not Satisfiable", "", new byte[0]);
      return;
    }
    if (mishap == Mishap.DAMAGE) {
      content[content.length - 1]++;
    }
    if (mishap == Mishap.EXCEED) {
      content = Arrays.copyOf(content, content.length + 5_000_000);
    }
    String status = start > 0 ? "206 Partial Content" : "200 OK";
    head(out, status, headers, content.length - start);
    if (request.method().equals("HEAD")) {
      return;
    }
    boolean stops = mishap == Mishap.TRUNCATE || mishap == Mishap.STALL;
    int end = stops ? start + (content.length - start) / 2 : content.length;
    out.write(content, start, end - start);
    out.flush();
    if (mishap == Mishap.STALL) {
      Thread.sleep(10_000);
    }
  }

  /** What goes wrong this time, or null. */
  private Mishap next(String name) {
    ConcurrentLinkedQueue<Mishap> coming = mishaps.get(name);
    return coming == null ? null : coming.poll();
  }

  private static void send(OutputStream out, String status, String headers, byte[] body)
      throws IOException {
    head(out, status, headers, body.length);
    out.write(body);
    out.flush();
  }

  private static void head(OutputStream out, String status, String headers, int length)
      throws IOException {
    String text =
        "HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(status, headers, length);
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void close() {
    try {
      server.close();
      store.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
