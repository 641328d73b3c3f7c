package io.github.jmixtral.server.internal.page;

import io.github.jmixtral.server.internal.http.ClientGoneException;
import io.github.jmixtral.server.internal.http.Exchange;
import io.github.jmixtral.server.internal.http.Responder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A chat in the browser: one file with its style and its script. Its headers let the browser run
 * this script only, load nothing from elsewhere, and talk to this server only.
 */
public final class ChatPage implements Responder {
  private static final String FILE = "chat.html";

  private final byte[] page;
  private final String policy;

  /** The page, read from the jar. */
  public ChatPage() {
    String text;
    try (InputStream in = ChatPage.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not in the jar");
      }
      // Browsers hash what they parse, and that has the line ends of Unix.
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    page = text.getBytes(StandardCharsets.UTF_8);
    policy =
        ("default-src 'none'; script-src %s; style-src %s; img-src data:; connect-src 'self';"
                + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
            .formatted(hash(text, "script"), hash(text, "style"));
  }

  /** The only content of an element that the browser accepts. */
  private static String hash(String page, String element) {
    Matcher content = Pattern.compile("(?s)<%1$s>(.*?)</%1$s>".formatted(element)).matcher(page);
    if (!content.find()) {
      throw new IllegalStateException(FILE + " has no element " + element);
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(content.group(1).getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public void answer(Exchange exchange) throws ClientGoneException {
    exchange.setHeader("Content-Security-Policy", policy);
    exchange.setHeader("X-Content-Type-Options", "nosniff");
    exchange.setHeader("Referrer-Policy", "no-referrer");
    exchange.setHeader("Cache-Control", "no-cache");
    exchange.answer("text/html; charset=utf-8", page);
  }
}
