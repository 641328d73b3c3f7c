package io.github.jmixtral.server.internal.http;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All routes of a server. */
public final class Routes {
  private static final String ANYTHING = "/*";

  /** Paths, and the routes of each by their methods. */
  private final Map<String, Map<String, Route>> byPath = new TreeMap<>();

  /**
   * @throws IllegalArgumentException if two routes are for the same method and path
   */
  public Routes(List<Route> routes) {
    for (Route route : routes) {
      Route other =
          byPath.computeIfAbsent(route.path(), _ -> new TreeMap<>()).put(route.method(), route);
      if (other != null) {
        throw new IllegalArgumentException("two routes for " + route.method() + " " + route.path());
      }
    }
  }

  /** Routes that share a path, and what comes after it. */
  record Match(Map<String, Route> byMethod, String rest) {

    /**
     * The route of a method.
     *
     * @throws HttpFailure with status 405 if there is none
     */
    Route route(String method) {
      Route route = byMethod.get(method.equals("HEAD") ? "GET" : method);
      if (route == null) {
        throw HttpFailure.wrongMethod(method, allowed());
      }
      return route;
    }

    /** The methods, as the header {@code Allow} lists them. */
    String allowed() {
      var methods = new TreeSet<>(byMethod.keySet());
      methods.add("OPTIONS");
      if (methods.contains("GET")) {
        methods.add("HEAD");
      }
      return String.join(", ", methods);
    }

    /** Of the routes, without what comes after it. */
    String path() {
      return byMethod.values().iterator().next().path();
    }

    /** How errors are written where no method is known. */
    ErrorShape errors() {
      return byMethod.values().iterator().next().errors();
    }
  }

  /** The routes for a path; null if there are none. */
  @Nullable Match match(String path) {
    Map<String, Route> exact = byPath.get(path);
    if (exact != null) {
      return new Match(exact, "");
    }
    for (Map.Entry<String, Map<String, Route>> entry : byPath.entrySet()) {
      String pattern = entry.getKey();
      if (pattern.endsWith(ANYTHING)) {
        String prefix = pattern.substring(0, pattern.length() - 1);
        if (path.startsWith(prefix) && path.length() > prefix.length()) {
          return new Match(entry.getValue(), path.substring(prefix.length()));
        }
      }
    }
    return null;
  }
}
