package io.github.jmixtral.internal.chat;

import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.tokenizer.ToolCall;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads a list of calls character by character: {@code [{"name": "f", "arguments": {"a": 1}}]}.
 * Other members, such as the ids that models write, are passed over, and so is what follows the
 * list.
 */
final class CallListReader {
  private enum State {
    BEFORE_LIST,
    BEFORE_FIRST_CALL,
    BEFORE_CALL,
    BEFORE_FIRST_KEY,
    BEFORE_KEY,
    IN_KEY,
    BEFORE_COLON,
    BEFORE_VALUE,
    IN_VALUE,
    AFTER_VALUE,
    AFTER_CALL,
    DONE,
    MALFORMED
  }

  private final IntFunction<String> ids;
  private final List<ToolCall> calls = new ArrayList<>();
  private final List<ToolCall> parts = new ArrayList<>();
  private final StringBuilder raw = new StringBuilder();

  private State state = State.BEFORE_LIST;
  private @Nullable String key;

  /** Null as long as it is unknown. */
  private @Nullable String name;

  /** Null as long as they are not there whole. */
  private @Nullable String arguments;

  /** How many of the characters of the arguments were given out as parts. */
  private int given;

  private int depth;
  private boolean inString;
  private boolean escaped;

  /**
   * @param ids the id of each call by its place in the list
   */
  CallListReader(IntFunction<String> ids) {
    this.ids = ids;
  }

  /** Takes the text that follows. */
  void read(String text) {
    for (int i = 0; i < text.length(); i++) {
      read(text.charAt(i));
    }
    if (state == State.IN_VALUE && "arguments".equals(key)) {
      give(raw);
    }
  }

  private void read(char unit) {
    switch (state) {
      case IN_KEY -> readString(unit);
      case IN_VALUE -> readValue(unit);
      case DONE, MALFORMED -> {}
      default -> {
        if (!isSpace(unit)) {
          step(unit);
        }
      }
    }
  }

  /** What a character that is no white space means between keys and values. */
  private void step(char unit) {
    switch (state) {
      case BEFORE_LIST -> go(unit == '[', State.BEFORE_FIRST_CALL);
      case BEFORE_FIRST_CALL, BEFORE_CALL -> beginCall(unit);
      case BEFORE_FIRST_KEY, BEFORE_KEY -> {
        if (unit == '}' && state == State.BEFORE_FIRST_KEY) {
          endCall();
        } else {
          begin(unit, State.IN_KEY);
          go(unit == '"', State.IN_KEY);
        }
      }
      case BEFORE_COLON -> go(unit == ':', State.BEFORE_VALUE);
      case BEFORE_VALUE -> {
        begin(unit, State.IN_VALUE);
        if (unit == ',' || unit == '}' || unit == ']' || unit == ':') {
          state = State.MALFORMED;
        } else if (unit == '{' || unit == '[') {
          depth = 1;
        }
      }
      case AFTER_VALUE -> {
        if (unit == '}') {
          endCall();
        } else {
          go(unit == ',', State.BEFORE_KEY);
        }
      }
      case AFTER_CALL -> {
        if (unit == ']') {
          state = State.DONE;
        } else {
          go(unit == ',', State.BEFORE_CALL);
        }
      }
      case IN_KEY, IN_VALUE, DONE, MALFORMED -> throw new AssertionError(state);
    }
  }

  private void go(boolean allowed, State next) {
    state = allowed ? next : State.MALFORMED;
  }

  private void beginCall(char unit) {
    go(unit == '{', State.BEFORE_FIRST_KEY);
    name = null;
    arguments = null;
    given = 0;
  }

  private void begin(char unit, State next) {
    raw.setLength(0);
    raw.append(unit);
    depth = 0;
    inString = unit == '"';
    escaped = false;
    state = next;
  }

  private void readString(char unit) {
    raw.append(unit);
    if (escaped) {
      escaped = false;
    } else if (unit == '\\') {
      escaped = true;
    } else if (unit == '"') {
      inString = false;
      if (state == State.IN_KEY) {
        key = parsed() instanceof String text ? text : null;
        go(key != null, State.BEFORE_COLON);
      } else if (depth == 0) {
        endValue();
      }
    }
  }

  private void readValue(char unit) {
    if (inString) {
      readString(unit);
      return;
    }
    boolean scalar = depth == 0;
    if (scalar && (isSpace(unit) || unit == ',' || unit == '}')) {
      endValue();
      read(unit);
      return;
    }
    raw.append(unit);
    switch (unit) {
      case '"' -> inString = true;
      case '{', '[' -> depth++;
      case '}', ']' -> {
        depth--;
        if (depth <= 0) {
          endValue();
        }
      }
      default -> {}
    }
  }

  private void endValue() {
    Object value = parsed();
    if (state == State.MALFORMED) {
      return;
    }
    state = State.AFTER_VALUE;
    if ("name".equals(key)) {
      go(value instanceof String && name == null, State.AFTER_VALUE);
      name = value instanceof String text ? text : null;
      if (name != null) {
        addPart(name, "");
        give(arguments == null ? "" : arguments);
      }
    } else if ("arguments".equals(key)) {
      go(arguments == null, State.AFTER_VALUE);
      arguments = raw.toString();
      give(arguments);
    }
  }

  /** The value of what was read; malformed if it is none. */
  private @Nullable Object parsed() {
    try {
      return PythonJson.parse(raw.toString());
    } catch (ParseException | IllegalArgumentException _) {
      state = State.MALFORMED;
      return null;
    }
  }

  /** Gives out what is new of the arguments, once the name is known. */
  private void give(CharSequence soFar) {
    if (name != null && soFar.length() > given) {
      addPart(name, soFar.subSequence(given, soFar.length()).toString());
      given = soFar.length();
    }
  }

  private void addPart(String name, String piece) {
    parts.add(ToolCall.of(ids.apply(calls.size()), name, piece));
  }

  private void endCall() {
    if (name == null) {
      state = State.MALFORMED;
      return;
    }
    if (arguments == null) {
      arguments = "{}";
      give(arguments);
    }
    calls.add(ToolCall.of(ids.apply(calls.size()), name, arguments));
    state = State.AFTER_CALL;
  }

  private static boolean isSpace(char unit) {
    return unit == ' ' || unit == '\n' || unit == '\t' || unit == '\r';
  }

  /** Whether the list is there from its first to its last bracket. */
  boolean isWhole() {
    return state == State.DONE;
  }

  boolean isMalformed() {
    return state == State.MALFORMED;
  }

  /** The calls so far. */
  List<ToolCall> calls() {
    return List.copyOf(calls);
  }

  /** What was read since the last time: ids and names with pieces of the arguments. */
  List<ToolCall> takeParts() {
    List<ToolCall> taken = List.copyOf(parts);
    parts.clear();
    return taken;
  }
}
