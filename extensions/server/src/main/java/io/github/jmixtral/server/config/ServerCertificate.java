package io.github.jmixtral.server.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The certificate that a server shows, and its key.
 *
 * @since 0.1.0
 */
public final class ServerCertificate {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

  private final KeyStore keyStore;
  private final String password;

  private ServerCertificate(KeyStore keyStore, String password) {
    this.keyStore = keyStore;
    this.password = password;
  }

  /**
   * Reads PEM files: the certificate with those that vouch for it, and its key in PKCS #8.
   *
   * @throws IllegalArgumentException if a file holds something else
   * @throws UncheckedIOException if a file cannot be read
   */
  public static ServerCertificate ofPem(Path certificate, Path key) {
    try {
      List<Certificate> chain = certificates(certificate);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", privateKey(key), new char[0], chain.toArray(new Certificate[0]));
      return new ServerCertificate(store, "");
    } catch (GeneralSecurityException failure) {
      throw new IllegalArgumentException(
          "%s and %s: they are no certificate and its key: %s"
              .formatted(certificate, key, failure.getMessage()),
          failure);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * Reads a key store, PKCS #12 or JKS.
   *
   * @throws IllegalArgumentException if it is none, or the password is wrong
   * @throws UncheckedIOException if the file cannot be read
   */
  public static ServerCertificate ofKeyStore(Path file, String password) {
    byte[] bytes = read(file);
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), password.toCharArray());
      if (!hasKey(store)) {
        throw new IllegalArgumentException(file + ": the key store holds no private key");
      }
      return new ServerCertificate(store, password);
    } catch (GeneralSecurityException | IOException failure) {
      throw new IllegalArgumentException(
          "%s: the file is no key store, or its password is wrong: %s"
              .formatted(file, failure.getMessage()),
          failure);
    }
  }

  private static boolean hasKey(KeyStore store) throws GeneralSecurityException {
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)) {
        return true;
      }
    }
    return false;
  }

  private static List<Certificate> certificates(Path file) throws IOException {
    try (InputStream in = new ByteArrayInputStream(read(file))) {
      List<Certificate> chain =
          List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
      if (!chain.isEmpty()) {
        return chain;
      }
    } catch (GeneralSecurityException failure) {
      throw new IllegalArgumentException(
          file + ": the file holds no certificate in PEM: " + failure.getMessage(), failure);
    }
    throw new IllegalArgumentException(file + ": the file holds no certificate in PEM");
  }

  private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
    Matcher pem = KEY.matcher(new String(read(file), StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IllegalArgumentException(
          ("%s: the file holds no unencrypted private key in PKCS #8 (BEGIN PRIVATE KEY);"
                  + " 'openssl pkcs8 -topk8 -nodes -in OLD.pem -out NEW.pem' makes one")
              .formatted(file));
    }
    var encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (GeneralSecurityException _) {
        // The key is of another kind.
      }
    }
    throw new IllegalArgumentException(
        "%s: the private key is none of %s".formatted(file, String.join(", ", ALGORITHMS)));
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The key store that holds both. */
  public KeyStore keyStore() {
    return keyStore;
  }

  /** The password of the key store's entries. */
  public String password() {
    return password;
  }

  /** Says nothing about the key. */
  @Override
  public String toString() {
    return "ServerCertificate";
  }
}
