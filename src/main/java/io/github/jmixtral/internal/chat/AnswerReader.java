package io.github.jmixtral.internal.chat;

import io.github.jmixtral.tokenizer.TokenDecoder;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Reads the answer of a model that may call tools, id by id. Calls stand in a list of JSON behind
 * the control id {@code [TOOL_CALLS]}; all else is text. A list that is malformed or cut short is
 * text as well, with {@value #TOOL_CALLS} in front.
 *
 * <p>Calls get ids from here, nine letters or digits, which are known from a call's first piece on;
 * they depend on the prompt and the call's place alone. Those that models write come last, and
 * repeat.
 */
public final class AnswerReader {
  /** The piece of the control id that calls follow. */
  public static final String TOOL_CALLS = "[TOOL_CALLS]";

  private final Tokenizer tokenizer;
  private final int toolCallsId;
  private final int promptHash;
  private final List<ToolCall> calls = new ArrayList<>();

  /** By a call's place; kept, as each piece of the arguments has it and its hash is costly. */
  private final List<String> callIds = new ArrayList<>();

  private final List<ToolCall> parts = new ArrayList<>();
  private final StringBuilder listText = new StringBuilder();
  private TokenDecoder decoder;

  /** Null outside of a list. */
  private @Nullable CallListReader list;

  private AnswerReader(Tokenizer tokenizer, int toolCallsId, int[] promptIds) {
    this.tokenizer = tokenizer;
    this.toolCallsId = toolCallsId;
    promptHash = Arrays.hashCode(promptIds);
    decoder = tokenizer.newDecoder(true);
  }

  /**
   * A reader for one answer.
   *
   * @param promptIds the ids that are answered
   * @return empty if the tokenizer has no control id for calls
   */
  public static Optional<AnswerReader> of(Tokenizer tokenizer, int[] promptIds) {
    OptionalInt id = toolCallsId(tokenizer);
    return id.isEmpty()
        ? Optional.empty()
        : Optional.of(new AnswerReader(tokenizer, id.getAsInt(), promptIds));
  }

  /** The control id that calls follow, if the tokenizer has one. */
  public static OptionalInt toolCallsId(Tokenizer tokenizer) {
    OptionalInt id = tokenizer.id(TOOL_CALLS);
    return id.isPresent() && tokenizer.isSpecial(id.getAsInt()) ? id : OptionalInt.empty();
  }

  /**
   * Takes the next id.
   *
   * @return the text that became certain
   */
  public String append(int id) {
    if (id != toolCallsId) {
      return take(decoder.append(id));
    }
    String before = take(decoder.flush()) + endList();
    list = new CallListReader(index -> callId(calls.size() + index));
    listText.setLength(0);
    decoder = tokenizer.newDecoder(true);
    return before;
  }

  /**
   * Ends the answer.
   *
   * @return the text that was held back
   */
  public String finish() {
    return take(decoder.flush()) + endList();
  }

  /** The text of what was decoded: all of it, or nothing while it belongs to a list. */
  private String take(String decoded) {
    if (list == null) {
      return decoded;
    }
    listText.append(decoded);
    list.read(decoded);
    parts.addAll(list.takeParts());
    return list.isMalformed() ? endList() : "";
  }

  /** Keeps the calls of a list that is whole; what any other held is text. */
  private String endList() {
    if (list == null) {
      return "";
    }
    boolean whole = list.isWhole();
    if (whole) {
      calls.addAll(list.calls());
    }
    list = null;
    return whole ? "" : TOOL_CALLS + listText;
  }

  /** What was read of calls since the last time: id and name with a piece of the arguments. */
  public List<ToolCall> takeParts() {
    List<ToolCall> taken = List.copyOf(parts);
    parts.clear();
    return taken;
  }

  /** The calls of whole lists, once the answer is finished. */
  public List<ToolCall> calls() {
    return List.copyOf(calls);
  }

  private String callId(int index) {
    while (callIds.size() <= index) {
      callIds.add(CallIds.of("answer " + promptHash + " " + callIds.size()));
    }
    return callIds.get(index);
  }
}
