package io.github.jmixtral.server.internal.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** What Jetty itself refuses, such as headers that are too large, is refused in JSON, too. */
final class JsonErrorHandler extends ErrorHandler {

  JsonErrorHandler() {}

  @Override
  public boolean errorPageForMethod(String method) {
    return true;
  }

  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int status,
      @Nullable String message,
      @Nullable Throwable cause,
      Callback callback) {
    ByteBuffer body = body(status, message);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Exchange.JSON);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    response.write(true, body, callback);
  }

  private static ByteBuffer body(int status, @Nullable String message) {
    String text = message == null ? HttpStatus.getMessage(status) : message;
    String json = ErrorShape.OPENAI.json(HttpFailure.ofStatus(status, text));
    return ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
  }
}
