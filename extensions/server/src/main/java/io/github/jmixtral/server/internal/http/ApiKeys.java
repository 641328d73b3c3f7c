package io.github.jmixtral.server.internal.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys that requests must bring, if there are any. */
final class ApiKeys {
  private static final String SCHEME = "bearer ";

  /** Of each key, so that all are compared in the same time. */
  private final List<byte[]> digests;

  ApiKeys(Collection<String> keys) {
    digests = keys.stream().map(ApiKeys::digest).toList();
  }

  boolean isEmpty() {
    return digests.isEmpty();
  }

  /**
   * Refuses what brings no known key.
   *
   * @param authorization the header of this name, or null
   * @throws HttpFailure with status 401
   */
  void require(@Nullable String authorization) {
    if (digests.isEmpty()) {
      return;
    }
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw HttpFailure.wrongKey(
          "an API key is needed; send it in the header: Authorization: Bearer KEY");
    }
    byte[] digest = digest(authorization.substring(SCHEME.length()).strip());
    boolean known = false;
    for (byte[] other : digests) {
      known |= MessageDigest.isEqual(digest, other);
    }
    if (!known) {
      throw HttpFailure.wrongKey("the API key is not one of those that this server knows");
    }
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
