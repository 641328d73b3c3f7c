package io.github.jmixtral.openai.api;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Objects;

/**
 * What distinguishes one answer from others: every id in it is made of the token, every time of the
 * instant. The same stamp gives the same bytes, so that work that was interrupted can be repeated.
 *
 * @param token letters and digits
 * @param created when the answer counts as made
 * @since 0.1.0
 */
public record Stamp(String token, Instant created) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BITS = 128;

  /** Checks that both are there. */
  public Stamp {
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(created, "created");
  }

  /** A random token, and now. */
  public static Stamp now() {
    return new Stamp(new BigInteger(BITS, RANDOM).toString(Character.MAX_RADIX), Instant.now());
  }
}
