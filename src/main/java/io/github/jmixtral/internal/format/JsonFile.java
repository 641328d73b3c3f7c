package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON files, read as Python reads them: UTF-8, one document, standard JSON with NaN and
 * infinities, of a key that stands twice the last value; with limits on nesting and size, so that a
 * hostile file costs an exception.
 */
public final class JsonFile {
  /** Far above the largest tokenizer.json and index; bounds time and memory. */
  private static final long MAX_BYTES = 100_000_000;

  private static final int MAX_DEPTH = 100;

  /** Three times the tokens of the largest published tokenizer.json; each may cost 100 bytes. */
  private static final long MAX_TOKENS = 10_000_000;

  /** Standard JSON without keys that stand twice. */
  public static final JsonFactory STRICT =
      builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              builder()
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .defaultPrettyPrinter(printer())
          .build();

  private JsonFile() {}

  private static JsonFactoryBuilder builder() {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxDocumentLength(MAX_BYTES)
                .maxTokenCount(MAX_TOKENS)
                .build())
        // A symbol table of names gains nothing where nearly every name stands once.
        .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES);
  }

  /**
   * Reads a whole file.
   *
   * @throws MissingFileException when there is no such file
   * @throws MalformedFileException when it is no JSON; the message names line and column
   */
  public static JsonNode read(Path file) {
    String name = file.toString();
    try (InputStream bytes = Files.newInputStream(file);
        Reader characters = strictReader(bytes)) {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new MalformedFileException(name, "at most " + MAX_BYTES + " bytes", size + " bytes");
      }
      JsonNode root = MAPPER.readTree(characters);
      if (root == null || root.isMissingNode()) {
        throw new MalformedFileException(name, "the file is empty, but should hold JSON");
      }
      return root;
    } catch (JacksonException failure) {
      throw malformed(name, failure);
    } catch (NoSuchFileException _) {
      throw new MissingFileException(file.toString(), "there is no such file");
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be read", failure);
    }
  }

  /**
   * Reads a file that holds a JSON object.
   *
   * @throws MissingFileException when there is no such file
   * @throws MalformedFileException when it is no JSON, or no object
   */
  public static ObjectNode readObject(Path file) {
    JsonNode root = read(file);
    if (root instanceof ObjectNode object) {
      return object;
    }
    throw new MalformedFileException(file.toString(), "a JSON object", excerpt(root));
  }

  /** The object that a map is; its values are what JSON has. */
  public static ObjectNode objectOf(Map<String, ?> values) {
    return MAPPER.valueToTree(values);
  }

  /**
   * Reads a whole document from memory.
   *
   * @param place where it stands, as messages name it
   * @throws MalformedFileException when it is no JSON
   */
  public static JsonNode parse(String place, byte[] text) {
    try (Reader characters = strictReader(new ByteArrayInputStream(text))) {
      JsonNode root = MAPPER.readTree(characters);
      if (root == null || root.isMissingNode()) {
        throw new MalformedFileException(place, "the text is empty, but should be JSON");
      }
      return root;
    } catch (JacksonException failure) {
      throw malformed(place, failure);
    } catch (IOException failure) {
      throw new UncheckedIOException(place + ": cannot be read", failure);
    }
  }

  /** Writes a document, indented by two spaces; the file appears whole or not at all. */
  public static void write(Path file, JsonNode root) {
    byte[] text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    try (AtomicFile output = new AtomicFile(file)) {
      output.append(MemorySegment.ofArray(text));
      output.append(MemorySegment.ofArray(new byte[] {'\n'}));
      output.commit();
    }
  }

  /** Writes an object, as {@link #write(Path, JsonNode)}. */
  public static void write(Path file, Map<String, ?> values) {
    write(file, objectOf(values));
  }

  /** Writes a document into a folder, which is created when absent. */
  public static void writeInto(Path folder, String name, JsonNode root) {
    try {
      Files.createDirectories(folder);
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be created", failure);
    }
    write(folder.resolve(name), root);
  }

  /** Decodes UTF-8 and refuses whatever is not. */
  static Reader strictReader(InputStream bytes) {
    return new InputStreamReader(
        bytes,
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT));
  }

  /**
   * Says in our words what a parser over {@link #strictReader} refused.
   *
   * @param place the file, and where in it the JSON stands
   */
  static RuntimeException malformed(String place, JacksonException failure) {
    if (failure.getCause() instanceof CharacterCodingException) {
      return new MalformedFileException(place, "the text is not UTF-8", failure);
    }
    if (failure.getCause() instanceof IOException cause) {
      return new UncheckedIOException(place + ": cannot be read", cause);
    }
    TokenStreamLocation location = failure.getLocation();
    String where =
        location == null
            ? ""
            : ": line " + location.getLineNr() + ", column " + location.getColumnNr();
    return new MalformedFileException(place + where, problem(failure), failure);
  }

  /** What a parser with these limits refused, in our words. */
  public static String problem(JacksonException failure) {
    return switch (failure) {
      case UnexpectedEndOfInputException _ -> "the JSON ends too early";
      case StreamConstraintsException _ ->
          "the JSON is nested deeper than %d, or larger than jmixtral reads".formatted(MAX_DEPTH);
      case StreamReadException read when read.getOriginalMessage().startsWith("Duplicate") ->
          "a key stands here for the second time";
      default -> "this is not JSON";
    };
  }

  /** A value as it stands in a file, for a message: one line, cut after 200 characters. */
  public static String excerpt(JsonNode value) {
    return Excerpt.line(MAPPER.writeValueAsString(value));
  }

  /** Indents as the Hub's files do: {@code "key": value}. */
  private static DefaultPrettyPrinter printer() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    return new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectNameValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator(""))
        .withObjectIndenter(indenter)
        .withArrayIndenter(indenter);
  }
}
