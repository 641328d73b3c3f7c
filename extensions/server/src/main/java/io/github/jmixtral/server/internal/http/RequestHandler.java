package io.github.jmixtral.server.internal.http;

import io.github.jmixtral.server.config.ServerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a request: who asks, for what, with which body; then its responder, on a virtual
 * thread of its own, which may wait as long as it likes.
 */
final class RequestHandler extends Handler.Abstract.NonBlocking {
  private static final Logger LOGGER = LoggerFactory.getLogger(RequestHandler.class);

  /** What logs and metrics call the status of a request whose client went away. */
  private static final int CLIENT_GONE = 499;

  private static final byte[] NO_BODY = {};

  private final ServerOptions options;
  private final Routes routes;
  private final ApiKeys keys;
  private final Origins origins;
  private final BodyReader bodies;
  private final RunningRequests running;
  private final IdleConnections connections;
  private final List<RequestListener> listeners;

  RequestHandler(
      ServerOptions options,
      Routes routes,
      Origins origins,
      BodyReader bodies,
      RunningRequests running,
      IdleConnections connections,
      List<RequestListener> listeners) {
    this.options = options;
    this.routes = routes;
    this.keys = new ApiKeys(options.apiKeys());
    this.origins = origins;
    this.bodies = bodies;
    this.running = running;
    this.connections = connections;
    this.listeners = List.copyOf(listeners);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    EndPoint endPoint = IdleConnections.endPoint(request);
    connections.requestBegins(endPoint);
    // A request may wait for its turn and for its tokens; who is slow is found by other clocks.
    request.addIdleTimeoutListener(_ -> false);
    var answer = new Answer(request, response, callback, options.writeTimeout());
    Thread.ofVirtual()
        .name("jmixtral-request")
        .start(
            () -> {
              try {
                serve(request, answer);
              } finally {
                connections.requestEnds(endPoint);
              }
            });
    return true;
  }

  private void serve(Request request, Answer answer) {
    String path = path(request);
    Routes.Match match = routes.match(path);
    var exchange =
        new Exchange(path, match == null ? "" : match.rest(), answer, options.pingInterval());
    try {
      int status = outcome(request, answer, match, exchange);
      // Before the end: those who wait for the end find the request in the figures and in the log.
      report(request, answer, match, status);
    } finally {
      running.end(exchange);
    }
    answer.complete();
  }

  /** Answers, and returns the status. */
  private int outcome(
      Request request, Answer answer, Routes.@Nullable Match match, Exchange exchange) {
    try {
      running.begin(exchange);
      admit(request, answer);
      if (match == null) {
        throw HttpFailure.unknownPath(exchange.path());
      }
      answer(request, answer, match, exchange);
      return answer.status();
    } catch (HttpFailure failure) {
      return fail(exchange, failure, match);
    } catch (ClientGoneException gone) {
      return abort(answer, gone);
    } catch (InterruptedException _) {
      return fail(exchange, HttpFailure.stopping(), match);
    } catch (Throwable failure) {
      return defect(request, exchange, failure, match);
    }
  }

  /** Decoded, and empty where the target is no path. */
  private static String path(Request request) {
    String path = request.getHttpURI().getDecodedPath();
    return path == null ? "" : path;
  }

  /** Refuses pages of other origins, and lets those that are listed read the answer. */
  private void admit(Request request, Answer answer) {
    HttpURI uri = request.getHttpURI();
    HttpFields headers = request.getHeaders();
    String authority = uri.getAuthority() == null ? headers.get("Host") : uri.getAuthority();
    origins.require(uri.getHost(), authority, headers);
    origins.permit(headers, answer.headers());
  }

  private void answer(Request request, Answer answer, Routes.Match match, Exchange exchange)
      throws ClientGoneException, InterruptedException {
    HttpFields headers = request.getHeaders();
    if (request.getMethod().equals("OPTIONS")) {
      answer.headers().put(HttpHeader.ALLOW, match.allowed());
      origins.permitMethods(headers, answer.headers(), match.allowed());
      answer.setStatus(204);
      return;
    }
    Route route = match.route(request.getMethod());
    if (!route.isOpen()) {
      keys.require(headers.get(HttpHeader.AUTHORIZATION));
    }
    byte[] body = route.method().equals("POST") ? body(request, route) : NO_BODY;
    ClientWatch watch = ClientWatch.begin(request, exchange);
    try {
      exchange.setBody(body);
      route.responder().answer(exchange);
    } finally {
      watch.end();
      bodies.release(body.length);
    }
  }

  private byte[] body(Request request, Route route)
      throws ClientGoneException, InterruptedException {
    if (!route.isAnyType()) {
      requireJson(request.getHeaders().getField(HttpHeader.CONTENT_TYPE));
    }
    byte[] body = bodies.read(request);
    if (!Utf8.isValid(body)) {
      bodies.release(body.length);
      throw HttpFailure.badRequest("the body of the request is not valid UTF-8");
    }
    return body;
  }

  private static void requireJson(@Nullable HttpField field) {
    if (field == null || field.getValue() == null) {
      return;
    }
    String type = field.getValue().split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!type.equals(Exchange.JSON) && !type.endsWith("+json")) {
      throw HttpFailure.badRequest(
          "the Content-Type is %s; it must be %s".formatted(type, Exchange.JSON));
    }
  }

  private static int fail(Exchange exchange, HttpFailure failure, Routes.@Nullable Match match) {
    if (exchange.hasClientGone()) {
      return abort(exchange.answer(), new ClientGoneException("the client has gone", failure));
    }
    try {
      exchange.fail(failure, match == null ? ErrorShape.OPENAI : match.errors());
      return failure.status();
    } catch (ClientGoneException gone) {
      return abort(exchange.answer(), gone);
    }
  }

  private static int abort(Answer answer, ClientGoneException gone) {
    answer.abort(gone);
    return CLIENT_GONE;
  }

  private static int defect(
      Request request, Exchange exchange, Throwable failure, Routes.@Nullable Match match) {
    LOGGER.error("{} {} failed", request.getMethod(), exchange.path(), failure);
    return fail(exchange, HttpFailure.internal(), match);
  }

  private void report(Request request, Answer answer, Routes.@Nullable Match match, int status) {
    var served =
        new ServedRequest(
            Request.getRemoteAddr(request),
            request.getMethod(),
            request.getHttpURI().getPathQuery(),
            match == null ? "unknown" : match.path(),
            status,
            answer.bytes(),
            Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime()));
    for (RequestListener listener : listeners) {
      try {
        listener.ended(served);
      } catch (RuntimeException failure) {
        LOGGER.error("a listener to requests failed", failure);
      }
    }
  }
}
