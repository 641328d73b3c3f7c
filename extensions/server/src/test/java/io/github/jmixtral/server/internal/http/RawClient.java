package io.github.jmixtral.server.internal.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLSocket;

/** A client that writes what it likes to a socket, and leaves as it likes. */
final class RawClient implements Closeable {
  /** How a client goes away. */
  enum Leave {
    FIN,
    RST,
    TLS_CLOSE
  }

  /** An answer; the names of the headers are in lower case. */
  record Answer(int status, Map<String, String> headers, String body) {}

  private final Socket raw;
  private final Socket socket;
  private final InputStream in;
  private int interims;

  private RawClient(Socket raw, Socket socket) throws IOException {
    this.raw = raw;
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    socket.setSoTimeout(20_000);
  }

  static RawClient connect(TestServer server) throws IOException {
    Socket raw = new Socket(InetAddress.getLoopbackAddress(), server.port());
    raw.setTcpNoDelay(true);
    if (!server.uri("/").getScheme().equals("https")) {
      return new RawClient(raw, raw);
    }
    var tls =
        (SSLSocket)
            TestCertificate.get()
                .clientContext()
                .getSocketFactory()
                .createSocket(raw, "localhost", server.port(), true);
    tls.startHandshake();
    return new RawClient(raw, tls);
  }

  RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Sends a request with a body of JSON. */
  RawClient post(String path, String body) throws IOException {
    return send(request("POST", path, body));
  }

  static String request(String method, String path, String body) {
    return "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(method, path, body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  /** Ends its side and goes on reading. */
  void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  void leave(Leave leave) throws IOException {
    switch (leave) {
      case FIN -> raw.close();
      case RST -> {
        raw.setSoLinger(true, 0);
        raw.close();
      }
      case TLS_CLOSE -> socket.close();
    }
  }

  /** How many interim answers came. */
  int interims() {
    return interims;
  }

  /** Reads the next final answer. */
  Answer read() throws IOException {
    while (true) {
      Answer answer = readOne();
      if (answer.status() >= 200) {
        return answer;
      }
      interims++;
    }
  }

  private Answer readOne() throws IOException {
    String[] first = line().split(" ", 3);
    int status = Integer.parseInt(first[1]);
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      String[] parts = line.split(":", 2);
      headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
    }
    byte[] body = {};
    if (headers.containsKey("content-length")) {
      body = in.readNBytes(Integer.parseInt(headers.get("content-length")));
    } else if ("chunked".equals(headers.get("transfer-encoding"))) {
      body = chunks();
    } else if (status >= 200 && status != 204) {
      body = in.readAllBytes();
    }
    return new Answer(status, headers, new String(body, StandardCharsets.UTF_8));
  }

  private byte[] chunks() throws IOException {
    var out = new ByteArrayOutputStream();
    while (true) {
      int length = Integer.parseInt(line(), 16);
      out.write(in.readNBytes(length));
      line();
      if (length == 0) {
        return out.toByteArray();
      }
    }
  }

  /** Reads a line. */
  String line() throws IOException {
    var out = new ByteArrayOutputStream();
    int next;
    while ((next = in.read()) != '\n') {
      if (next < 0) {
        throw new EOFException(out.toString(StandardCharsets.UTF_8));
      }
      if (next != '\r') {
        out.write(next);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Reads lines until one is this. */
  void awaitLine(String expected) throws IOException {
    while (!line().equals(expected)) {}
  }

  /** Whether the server has closed the connection; waits for it. */
  boolean isClosedByServer() throws IOException {
    try {
      in.readAllBytes();
      return true;
    } catch (java.net.SocketException _) {
      return true; // with a reset
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
