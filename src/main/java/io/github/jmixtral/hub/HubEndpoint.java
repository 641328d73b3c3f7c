package io.github.jmixtral.hub;

import io.github.jmixtral.error.HubAccessException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The Hub's HTTP interface, as far as downloads need it: what a revision holds, and the bytes of a
 * file. The token goes to the endpoint's own host only, never to a host that it redirects to.
 */
final class HubEndpoint {
  private static final int OK = 200;
  private static final int PARTIAL_CONTENT = 206;
  private static final int MAX_REDIRECTS = 8;
  private static final int MAX_LISTING_BYTES = 50_000_000;
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SENDABLE = Pattern.compile("[!-~]+");

  private final URI root;
  private final Optional<String> token;
  private final Duration timeout;
  private final HttpClient client;

  /**
   * An endpoint.
   *
   * @param timeout how long to wait for a connection, and for the next bytes
   * @throws IllegalArgumentException when the address is none, or the token can be none
   */
  HubEndpoint(String address, Optional<String> token, Duration timeout) {
    try {
      root = new URI(address.endsWith("/") ? address : address + "/");
    } catch (URISyntaxException failure) {
      throw notAnAddress(address, failure);
    }
    if (root.getHost() == null
        || root.getQuery() != null
        || root.getFragment() != null
        || !List.of("http", "https").contains(root.getScheme())) {
      throw notAnAddress(address, null);
    }
    // Java's own message for a header that cannot be sent would show it.
    if (token.isPresent() && !SENDABLE.matcher(token.get()).matches()) {
      throw new IllegalArgumentException(
          "HF_TOKEN: the token has characters other than letters, digits and signs; copy it again");
    }
    this.token = token;
    this.timeout = timeout;
    client =
        HttpClient.newBuilder()
            // Several files at a time come faster over connections of their own than over one that
            // HTTP/2 would share.
            .version(HttpClient.Version.HTTP_1_1)
            // The client would send the token to any host that it is redirected to.
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout)
            .build();
  }

  private static IllegalArgumentException notAnAddress(String address, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "HF_ENDPOINT: " + Excerpt.quote(address) + " is no address such as https://huggingface.co",
        cause);
  }

  /**
   * What a revision of a model is.
   *
   * @param commit its commit id
   * @param files all of its files
   */
  record Listing(String commit, List<RemoteFile> files) {}

  /** The files of a revision. */
  Listing list(String model, String revision) throws IOException {
    URI address =
        root.resolve("api/models/" + model + "/revision/" + encode(revision) + "?blobs=true");
    HttpResponse<InputStream> response = follow(address, "GET", OptionalLong.empty()).response();
    requireSuccess(response, model + "@" + revision);
    try (InputStream body = response.body()) {
      byte[] text = body.readNBytes(MAX_LISTING_BYTES + 1);
      if (text.length > MAX_LISTING_BYTES) {
        throw new MalformedFileException(
            address.toString(), "the list of files has more than " + MAX_LISTING_BYTES + " bytes");
      }
      return toListing(address, JsonFile.parse(address.toString(), text));
    }
  }

  /** What an answer says. */
  static Listing toListing(URI address, JsonNode root) {
    String commit = root.path("sha").asString("");
    if (!COMMIT.matcher(commit).matches()) {
      throw malformed(address, "'sha': a commit id", Excerpt.quote(commit));
    }
    List<RemoteFile> files = new ArrayList<>();
    for (JsonNode sibling : root.path("siblings")) {
      JsonNode size = sibling.path("size");
      files.add(
          new RemoteFile(
              sibling.path("rfilename").asString(""),
              size.canConvertToLong() && size.isIntegralNumber() && size.asLong() >= 0
                  ? OptionalLong.of(size.asLong())
                  : OptionalLong.empty()));
    }
    return new Listing(commit, files);
  }

  private static MalformedFileException malformed(URI address, String expected, String found) {
    return new MalformedFileException(address.toString(), expected, found);
  }

  /**
   * A file's bytes under way.
   *
   * @param hash what the Hub calls its content: a SHA-256 of the bytes, or a SHA-1 as Git computes
   *     it
   * @param size bytes of the whole file
   * @param start the first byte of the body
   * @param body the bytes from there on; closing it ends the request
   */
  record Content(String hash, OptionalLong size, long start, InputStream body)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /** Asks for a file's hash and size alone. */
  Content head(String model, String commit, String file) throws IOException {
    return content(model, commit, file, "HEAD", OptionalLong.empty());
  }

  /** Asks for a file's bytes from {@code start} on; a server may begin at 0 all the same. */
  Content get(String model, String commit, String file, long start) throws IOException {
    return content(
        model, commit, file, "GET", start == 0 ? OptionalLong.empty() : OptionalLong.of(start));
  }

  private Content content(
      String model, String commit, String file, String method, OptionalLong start)
      throws IOException {
    URI address = root.resolve(model + "/resolve/" + commit + "/" + encodePath(file));
    Answer answer = follow(address, method, start);
    HttpResponse<InputStream> response = answer.response();
    if (answer.isWhole(method)) {
      return new Content(answer.hash().get(), answer.size(), 0, InputStream.nullInputStream());
    }
    requireSuccess(response, model + ": " + file);
    long first = response.statusCode() == PARTIAL_CONTENT ? start.orElse(0) : 0;
    OptionalLong size = answer.size();
    OptionalLong length = number(response, "Content-Length");
    if (size.isEmpty() && length.isPresent()) {
      size = OptionalLong.of(length.getAsLong() + first);
    }
    if (answer.hash().isEmpty()) {
      response.body().close();
      throw new IOException("the answer has no ETag");
    }
    return new Content(answer.hash().get(), size, first, response.body());
  }

  /**
   * What a request got in the end.
   *
   * @param response the answer that redirects no further, or to where a request for a hash and size
   *     need not go
   * @param hash what the Hub itself calls the content; the store that it redirects to has names of
   *     its own
   * @param size bytes of the whole file, where the Hub itself gives them
   */
  private record Answer(
      HttpResponse<InputStream> response, Optional<String> hash, OptionalLong size) {
    /** Whether it holds everything that a request of this method asks for. */
    boolean isWhole(String method) {
      return method.equals("HEAD") && hash.isPresent() && size.isPresent();
    }
  }

  private Answer follow(URI first, String method, OptionalLong start) throws IOException {
    URI address = first;
    Optional<String> hash = Optional.empty();
    OptionalLong size = OptionalLong.empty();
    for (int i = 0; i < MAX_REDIRECTS; i++) {
      HttpResponse<InputStream> response = send(address, method, start);
      boolean redirects = isRedirect(response.statusCode());
      if (redirects) {
        response.body().close();
        address = target(address, response);
      }
      if (hash.isEmpty()) {
        hash = hash(response, redirects && isOwn(address));
        size = number(response, "X-Linked-Size");
      }
      Answer answer = new Answer(response, hash, size);
      if (!redirects || answer.isWhole(method)) {
        return answer;
      }
    }
    throw new IOException("more than " + MAX_REDIRECTS + " redirections");
  }

  private HttpResponse<InputStream> send(URI address, String method, OptionalLong start)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(timeout)
            .header("User-Agent", "jmixtral")
            // A compressed answer would have another length than the file.
            .header("Accept-Encoding", "identity");
    start.ifPresent(from -> request.header("Range", "bytes=" + from + "-"));
    if (token.isPresent() && isOwn(address)) {
      request.header("Authorization", "Bearer " + token.get());
    }
    try {
      return client.send(request.build(), head -> new TimedBody(timeout));
    } catch (ConnectException failure) {
      throw unreachable(address, failure);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interruption);
    }
  }

  /** The client's own exceptions have no message. */
  private static IOException unreachable(URI address, ConnectException failure) {
    boolean unknown =
        Stream.<Throwable>iterate(failure, cause -> cause != null, Throwable::getCause)
            .anyMatch(UnresolvedAddressException.class::isInstance);
    IOException described =
        unknown
            ? new UnknownHostException("unknown host " + address.getHost())
            : new ConnectException("no connection to " + address.getAuthority());
    described.initCause(failure);
    return described;
  }

  private boolean isOwn(URI address) {
    return root.getHost().equalsIgnoreCase(address.getHost())
        && root.getPort() == address.getPort()
        && root.getScheme().equals(address.getScheme());
  }

  private static boolean isRedirect(int status) {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }

  private static URI target(URI from, HttpResponse<?> response) throws IOException {
    String location =
        response
            .headers()
            .firstValue("Location")
            .orElseThrow(() -> new IOException("a redirection without a Location"));
    try {
      URI target = from.resolve(new URI(location));
      boolean downgrade = from.getScheme().equals("https") && target.getScheme().equals("http");
      if (!List.of("http", "https").contains(target.getScheme())
          || target.getHost() == null
          || downgrade) {
        throw new IOException("a redirection to " + Excerpt.quote(location));
      }
      return target;
    } catch (URISyntaxException failure) {
      throw new IOException("a redirection to " + Excerpt.quote(location), failure);
    }
  }

  /** Distinguishes permanent refusals from temporary ones. */
  private static void requireSuccess(HttpResponse<InputStream> response, String place)
      throws IOException {
    int status = response.statusCode();
    if (status == OK || status == PARTIAL_CONTENT) {
      return;
    }
    response.body().close();
    switch (status) {
      case 401, 403 ->
          throw new HubAccessException(
              place,
              "the Hub does not give it to you (HTTP "
                  + status
                  + "); set HF_TOKEN to a token that may read it, and accept its terms on the Hub");
      case 404 ->
          throw new HubAccessException(
              place, "the Hub has no such model, revision or file (HTTP 404)");
      default -> throw new HttpStatusException(status, number(response, "Retry-After"));
    }
  }

  /**
   * What an answer calls the content.
   *
   * @param withinHub whether it redirects within the Hub, as to a model's new name: then its own
   *     tag is not the content's
   */
  private static Optional<String> hash(HttpResponse<?> response, boolean withinHub) {
    Optional<String> linked = response.headers().firstValue("X-Linked-Etag");
    Optional<String> tag =
        linked.isPresent() || withinHub ? linked : response.headers().firstValue("ETag");
    return tag.map(text -> text.startsWith("W/") ? text.substring(2) : text)
        .map(text -> text.replace("\"", ""))
        .filter(text -> text.matches("[A-Za-z0-9_-]{1,200}"));
  }

  private static OptionalLong number(HttpResponse<?> response, String header) {
    return response
        .headers()
        .firstValue(header)
        .filter(value -> value.matches("[0-9]{1,18}"))
        .map(value -> OptionalLong.of(Long.parseLong(value)))
        .orElse(OptionalLong.empty());
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String encodePath(String path) {
    return encode(path).replace("%2F", "/");
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
