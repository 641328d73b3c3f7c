package io.github.jmixtral.server.internal.http;

import java.net.URI;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * Which web pages may use the server from a browser. The server's own page may; pages of other
 * origins only if their origins are listed. Without this rule any page that a user of the machine
 * visits could keep the model busy, or, by a name that leads to 127.0.0.1, read its answers.
 */
final class Origins {
  private static final String ANY = "*";

  private final Set<String> allowed;
  private final Set<String> allowedHosts;
  private final boolean localNamesOnly;

  /**
   * @param allowed origins such as {@code https://chat.example.com}, or {@code *}
   * @param localNamesOnly whether requests must call the server by a name of the local machine
   */
  Origins(Collection<String> allowed, boolean localNamesOnly) {
    this.allowed =
        allowed.stream().map(text -> text.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    this.allowedHosts =
        this.allowed.stream()
            .filter(text -> !text.equals(ANY))
            .map(text -> String.valueOf(URI.create(text).getHost()))
            .collect(Collectors.toSet());
    this.localNamesOnly = localNamesOnly;
  }

  /**
   * Refuses requests of pages that may not use the server.
   *
   * @param host the name by which the request calls the server, or null
   * @param authority the same with its port
   * @throws HttpFailure with status 403
   */
  void require(@Nullable String host, @Nullable String authority, HttpFields headers) {
    if (localNamesOnly && host != null && !isLocal(host) && !allowedHosts.contains(host)) {
      throw HttpFailure.forbidden(
          "the server listens to this machine only and does not know the host name " + host);
    }
    String origin = headers.get(HttpHeader.ORIGIN);
    if (origin == null || isAllowed(origin) || isOwn(origin, authority, headers)) {
      return;
    }
    throw HttpFailure.forbidden("pages of the origin %s may not use this server".formatted(origin));
  }

  private static boolean isOwn(String origin, @Nullable String authority, HttpFields headers) {
    String site = headers.get("Sec-Fetch-Site");
    if (site != null) {
      return site.equals("same-origin") || site.equals("none");
    }
    int scheme = origin.indexOf("://");
    return scheme > 0 && origin.substring(scheme + 3).equalsIgnoreCase(authority);
  }

  private static boolean isLocal(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return name.equals("localhost")
        || name.endsWith(".localhost")
        || name.matches("127\\.\\d+\\.\\d+\\.\\d+")
        || name.equals("::1")
        || name.equals("[::1]");
  }

  private boolean isAllowed(String origin) {
    return allowed.contains(ANY) || allowed.contains(origin.toLowerCase(Locale.ROOT));
  }

  /** Lets the pages of listed origins read the answer. */
  void permit(HttpFields request, HttpFields.Mutable answer) {
    if (allowed.isEmpty()) {
      return;
    }
    String origin = request.get(HttpHeader.ORIGIN);
    answer.add(HttpHeader.VARY, "Origin");
    if (origin != null && isAllowed(origin)) {
      answer.put(HttpHeader.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      answer.put(HttpHeader.ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After");
    }
  }

  /** Answers a browser's question in front of a request, if it is one. */
  void permitMethods(HttpFields request, HttpFields.Mutable answer, String methods) {
    if (request.contains(HttpHeader.ACCESS_CONTROL_REQUEST_METHOD)
        && answer.contains(HttpHeader.ACCESS_CONTROL_ALLOW_ORIGIN)) {
      answer.put(HttpHeader.ACCESS_CONTROL_ALLOW_METHODS, methods);
      String headers = request.get(HttpHeader.ACCESS_CONTROL_REQUEST_HEADERS);
      if (headers != null) {
        answer.put(HttpHeader.ACCESS_CONTROL_ALLOW_HEADERS, headers);
      }
      answer.put(HttpHeader.ACCESS_CONTROL_MAX_AGE, "600");
    }
  }
}
