package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.ChatTask;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.LibraryRefusal;
import io.github.jmixtral.openai.internal.task.Messages;
import io.github.jmixtral.openai.internal.task.ToolOffer;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /tokenize} and {@code POST /detokenize}. A text in {@code content} is llama.cpp's
 * form, one in {@code prompt}, or {@code messages}, is vLLM's.
 */
public final class TokenizeRequest {
  private TokenizeRequest() {}

  /**
   * Reads a request for the ids of a text or conversation.
   *
   * @throws ApiException if it is not valid
   */
  public static ApiRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    if (fields.has("content")) {
      int[] ids = contentIds(fields, host.tokenizer());
      boolean withPieces = fields.isTrue("with_pieces");
      return new PlainRequest(stamp -> tokens(ids, withPieces, host.tokenizer()));
    }
    int[] ids = fields.has("messages") ? chatIds(fields, host) : promptIds(fields, host);
    boolean withTexts = fields.isTrue("return_token_strs");
    return new PlainRequest(stamp -> counted(ids, withTexts, host));
  }

  private static int[] contentIds(Fields fields, Tokenizer plain) {
    Optional<Boolean> parse = fields.flag("parse_special");
    Tokenizer tokenizer = plain.withParseSpecialTokens(parse.orElse(true));
    return tokenizer.encode(fields.requireText("content"), fields.isTrue("add_special"));
  }

  private static int[] promptIds(Fields fields, Host host) {
    return host.tokenizer()
        .encode(fields.requireText("prompt"), fields.flag("add_special_tokens").orElse(true));
  }

  private static int[] chatIds(Fields fields, Host host) {
    ForeignFields.refuseInChat(fields);
    ToolOffer tools = ToolOffer.read(fields, ToolOffer.Form.NESTED, host.constraints());
    try {
      return ChatTask.prompt(Messages.read(fields), tools, host).encode(host::tokenizer);
    } catch (IllegalArgumentException refusal) {
      throw LibraryRefusal.of(refusal, "messages");
    }
  }

  private static ObjectNode counted(int[] ids, boolean withTexts, Host host) {
    ObjectNode answer = Json.object();
    answer.put("count", ids.length);
    answer.put("max_model_len", host.contextLength());
    ArrayNode tokens = answer.putArray("tokens");
    Arrays.stream(ids).forEach(tokens::add);
    if (withTexts) {
      ArrayNode texts = answer.putArray("token_strs");
      Arrays.stream(ids).forEach(id -> texts.add(host.tokenizer().piece(id)));
    } else {
      answer.putNull("token_strs");
    }
    return answer;
  }

  private static ObjectNode tokens(int[] ids, boolean withPieces, Tokenizer tokenizer) {
    ObjectNode answer = Json.object();
    ArrayNode tokens = answer.putArray("tokens");
    for (int id : ids) {
      if (withPieces) {
        putPiece(tokens.addObject().put("id", id), id, tokenizer);
      } else {
        tokens.add(id);
      }
    }
    return answer;
  }

  /** A text, or the bytes of a token that is none. */
  private static void putPiece(ObjectNode token, int id, Tokenizer tokenizer) {
    byte[] bytes = TokenText.bytes(tokenizer, id);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      token.put("piece", bytes.length == 0 ? tokenizer.piece(id) : text);
    } catch (CharacterCodingException e) {
      ArrayNode numbers = token.putArray("piece");
      for (byte unit : bytes) {
        numbers.add(unit & 0xFF);
      }
    }
  }

  /**
   * Reads a request for the text of ids.
   *
   * @throws ApiException if it is not valid
   */
  public static ApiRequest readIds(Fields fields, Host host) {
    host.requireNamed(fields);
    Tokenizer tokenizer = host.tokenizer();
    List<JsonNode> values = Fields.list(fields.place("tokens"), fields.require("tokens"));
    int[] ids =
        IntStream.range(0, values.size())
            .map(
                i ->
                    Fields.integer(
                        fields.place("tokens") + "[" + i + "]",
                        values.get(i),
                        0,
                        tokenizer.vocabSize() - 1))
            .toArray();
    // One name for vLLM's clients, one for llama.cpp's.
    return new PlainRequest(
        stamp -> {
          String text = tokenizer.decode(ids, false);
          return Json.object().put("prompt", text).put("content", text);
        });
  }
}
