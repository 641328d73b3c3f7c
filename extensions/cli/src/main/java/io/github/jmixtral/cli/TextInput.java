package io.github.jmixtral.cli;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Text that users give: UTF-8, refused where it is not. */
final class TextInput {
  private TextInput() {}

  /** Opens a text file. */
  static BufferedReader open(Path file) {
    try {
      return reader(Files.newInputStream(file));
    } catch (NoSuchFileException _) {
      throw new MissingFileException(file.toString(), "there is no such file");
    } catch (IOException failure) {
      throw cannotRead(file.toString(), failure);
    }
  }

  /** Decodes a stream. */
  static BufferedReader reader(InputStream in) {
    return new BufferedReader(
        new UnmarkedReader(
            new InputStreamReader(
                in,
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT))));
  }

  /** The next line, empty at the end. */
  static Optional<String> readLine(BufferedReader reader, String place) {
    try {
      return Optional.ofNullable(reader.readLine());
    } catch (IOException failure) {
      throw failure(place, failure);
    }
  }

  /** A whole file. */
  static String readAll(Path file) {
    try (BufferedReader reader = open(file)) {
      return readAll(reader, file.toString());
    } catch (IOException failure) {
      throw cannotRead(file.toString(), failure);
    }
  }

  /** Everything. */
  static String readAll(InputStream in, String place) {
    return readAll(reader(in), place);
  }

  /** Everything that is left. */
  static String readAll(Reader reader, String place) {
    try {
      return reader.readAllAsString();
    } catch (IOException failure) {
      throw failure(place, failure);
    }
  }

  private static RuntimeException failure(String place, IOException failure) {
    return failure instanceof CharacterCodingException
        ? new MalformedFileException(place, "the text is not UTF-8", failure)
        : cannotRead(place, failure);
  }

  private static UncheckedIOException cannotRead(String place, IOException failure) {
    return new UncheckedIOException(place + ": cannot be read", failure);
  }
}
