package io.github.jmixtral.internal.format;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle that holds tensors. A pickle is a program for a small machine with a stack and a
 * memo, and one of its instructions calls any function by its name; this machine knows the names in
 * {@link TorchName} and refuses every other, and every instruction that makes an object in another
 * way. Each instruction costs bounded time and memory, and their number is bounded.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">the instructions,
 *     described by Python</a>
 */
final class Unpickler {
  /** Mixtral 8x22B takes some 50,000. */
  private static final int MAX_INSTRUCTIONS = 2_000_000;

  private static final int FIRST_PROTOCOL = 2;
  private static final int LAST_PROTOCOL = 5;

  private final PickleInput input;
  private final TorchObjects objects;
  private final List<PickleValue> stack = new ArrayList<>();

  /** Heights of the stack at which marks stand. */
  private final List<Integer> marks = new ArrayList<>();

  private final Map<Long, PickleValue> memo = new HashMap<>();

  /**
   * @param name the pickle, as messages name it
   * @param pickle all of its bytes
   * @param storages where storages are found
   */
  Unpickler(String name, MemorySegment pickle, TorchObjects.Storages storages) {
    input = new PickleInput(name, pickle);
    objects = new TorchObjects(input, storages);
  }

  /**
   * The value that the pickle holds.
   *
   * @throws io.github.jmixtral.error.MalformedFileException when it breaks a rule of the format
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it holds anything but
   *     tensors and containers
   */
  PickleValue read() {
    if (input.opcode() != 0x80) {
      throw input.malformed("this is no pickle of protocol 2 to 5");
    }
    requireProtocol();
    for (int count = 0; count < MAX_INSTRUCTIONS; count++) {
      int opcode = input.opcode();
      if (opcode == '.') {
        return pop();
      }
      run(opcode);
    }
    throw input.malformed("the pickle has more than " + MAX_INSTRUCTIONS + " instructions");
  }

  private void requireProtocol() {
    int protocol = input.unsignedByte();
    if (protocol < FIRST_PROTOCOL || protocol > LAST_PROTOCOL) {
      throw input.malformed("a pickle of protocol 2 to 5", "protocol " + protocol);
    }
  }

  /** Instructions by what they are for; each group passes on what is not its own. */
  private void run(int opcode) {
    switch (opcode) {
      case 0x80 -> requireProtocol();
      case 0x95 -> requireFrame(); // FRAME: how many bytes belong together, for reading ahead.
      case '(' -> marks.add(stack.size());
      case '0' -> popOrMark();
      case '1' -> sinceMark();
      case '2' -> push(top());
      case 'h' -> recall(input.unsignedByte());
      case 'j' -> recall(input.unsignedInt());
      case 'q' -> memo.put((long) input.unsignedByte(), top());
      case 'r' -> memo.put(input.unsignedInt(), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'c' -> push(objects.named(input.line(), input.line()));
      case 0x93 -> pushNamed();
      case 'R' -> reduce();
      case 'b' -> build();
      case 'Q' -> push(objects.persistent(pop()));
      default -> runLiteral(opcode);
    }
  }

  private void runLiteral(int opcode) {
    switch (opcode) {
      case 'N' -> push(new PickleValue.None());
      case 0x88 -> push(new PickleValue.Flag(true));
      case 0x89 -> push(new PickleValue.Flag(false));
      case 'J' -> push(new PickleValue.Whole(input.signedInt()));
      case 'K' -> push(new PickleValue.Whole(input.unsignedByte()));
      case 'M' -> push(new PickleValue.Whole(input.unsignedShort()));
      case 0x8A -> push(new PickleValue.Whole(input.integer(input.unsignedByte())));
      case 0x8B -> push(new PickleValue.Whole(input.integer(input.unsignedInt())));
      case 'G' -> push(new PickleValue.Real(input.bigEndianDouble()));
      case 'X' -> push(new PickleValue.Text(input.utf8(input.unsignedInt())));
      case 0x8C -> push(new PickleValue.Text(input.utf8(input.unsignedByte())));
      case 0x8D -> push(new PickleValue.Text(input.utf8(input.length())));
      case 'T' -> push(new PickleValue.Text(input.ascii(input.unsignedInt())));
      case 'U' -> push(new PickleValue.Text(input.ascii(input.unsignedByte())));
      case 'B' -> pushBytes(input.unsignedInt());
      case 'C' -> pushBytes(input.unsignedByte());
      case 0x8E, 0x96 -> pushBytes(input.length());
      default -> runContainer(opcode);
    }
  }

  private void runContainer(int opcode) {
    switch (opcode) {
      case ')' -> push(new PickleValue.Tuple(List.of()));
      case 't', 0x91 -> push(new PickleValue.Tuple(sinceMark()));
      case 0x85 -> push(new PickleValue.Tuple(last(1)));
      case 0x86 -> push(new PickleValue.Tuple(last(2)));
      case 0x87 -> push(new PickleValue.Tuple(last(3)));
      case ']', 0x8F -> push(new PickleValue.Sequence(new ArrayList<>()));
      case 'l' -> push(new PickleValue.Sequence(new ArrayList<>(sinceMark())));
      case 'a' -> append(last(1));
      case 'e', 0x90 -> append(sinceMark());
      case '}' -> push(new PickleValue.Dictionary());
      case 'd' -> {
        List<PickleValue> pairs = sinceMark();
        push(new PickleValue.Dictionary());
        putAll(pairs);
      }
      case 's' -> putAll(last(2));
      case 'u' -> putAll(sinceMark());
      default -> refuse(opcode);
    }
  }

  /** What makes objects in ways that no tensor needs, by name as far as it says one. */
  private void refuse(int opcode) {
    throw switch (opcode) {
      case 'i' -> input.refused("a call of " + Excerpt.quote(input.line() + "." + input.line()));
      case 'o' -> input.refused("a call of " + calledSinceMark());
      case 0x81 -> input.refused("an object of " + belowTop(1));
      case 0x92 -> input.refused("an object of " + belowTop(2));
      case 0x82 -> input.refused("the extension " + input.unsignedByte());
      case 0x83 -> input.refused("the extension " + input.unsignedShort());
      case 0x84 -> input.refused("the extension " + input.unsignedInt());
      case 'P' -> input.refused("the persistent object " + Excerpt.quote(input.line()));
      case 0x97, 0x98 -> input.refused("a buffer outside the pickle");
      case 'F', 'I', 'L', 'S', 'V', 'g', 'p' ->
          input.refused("the instruction '" + (char) opcode + "' of protocol 0");
      default -> input.malformed("an instruction of a pickle", "the byte " + opcode);
    };
  }

  private String calledSinceMark() {
    List<PickleValue> items = sinceMark();
    return items.isEmpty() ? "nothing" : items.getFirst().description();
  }

  private String belowTop(int depth) {
    return last(depth + 1).getFirst().description();
  }

  private void requireFrame() {
    input.requireRoom(input.length());
  }

  private void pushBytes(long length) {
    input.skip(length);
    push(new PickleValue.Bytes(length));
  }

  private void pushNamed() {
    List<PickleValue> names = last(2);
    if (names.getFirst() instanceof PickleValue.Text(String module)
        && names.getLast() instanceof PickleValue.Text(String name)) {
      push(objects.named(module, name));
    } else {
      throw input.malformed(
          "the names of a module and of what it holds",
          names.getFirst().description() + " and " + names.getLast().description());
    }
  }

  private void reduce() {
    List<PickleValue> call = last(2);
    if (call.getFirst() instanceof PickleValue.Callable(TorchName name)
        && call.getLast() instanceof PickleValue.Tuple(List<PickleValue> arguments)) {
      push(objects.call(name, arguments));
    } else {
      throw input.refused("a call of " + call.getFirst().description());
    }
  }

  /** Attributes that Python hangs on a dictionary, such as a model's {@code _metadata}. */
  private void build() {
    PickleValue state = pop();
    if (!(top() instanceof PickleValue.Dictionary && state instanceof PickleValue.Dictionary)) {
      throw input.refused("the state of " + top().description());
    }
  }

  private void append(List<PickleValue> items) {
    if (!(top() instanceof PickleValue.Sequence(List<PickleValue> grown))) {
      throw input.malformed("a list to append to", top().description());
    }
    grown.addAll(items);
  }

  private void putAll(List<PickleValue> pairs) {
    if (!(top() instanceof PickleValue.Dictionary(Map<PickleValue.Key, PickleValue> entries))) {
      throw input.malformed("a dictionary to fill", top().description());
    }
    if (pairs.size() % 2 != 0) {
      throw input.malformed("pairs of keys and values", pairs.size() + " items");
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      entries.put(objects.key(pairs.get(i)), pairs.get(i + 1));
    }
  }

  private void recall(long index) {
    PickleValue value = memo.get(index);
    if (value == null) {
      throw input.malformed("no value was memorised under " + index);
    }
    push(value);
  }

  private void push(PickleValue value) {
    stack.add(value);
  }

  private PickleValue top() {
    requireValues(1);
    return stack.getLast();
  }

  private PickleValue pop() {
    requireValues(1);
    return stack.removeLast();
  }

  private void popOrMark() {
    if (!marks.isEmpty() && marks.getLast() == stack.size()) {
      marks.removeLast();
    } else {
      pop();
    }
  }

  /** Takes the last values off the stack. */
  private List<PickleValue> last(int count) {
    requireValues(count);
    return takeFrom(stack.size() - count);
  }

  /** Takes the last mark and the values above it off the stack. */
  private List<PickleValue> sinceMark() {
    if (marks.isEmpty()) {
      throw input.malformed("the stack has no mark");
    }
    return takeFrom(marks.removeLast());
  }

  private List<PickleValue> takeFrom(int height) {
    List<PickleValue> tail = stack.subList(height, stack.size());
    List<PickleValue> taken = List.copyOf(tail);
    tail.clear();
    return taken;
  }

  private void requireValues(int count) {
    int floor = marks.isEmpty() ? 0 : marks.getLast();
    if (stack.size() - floor < count) {
      throw input.malformed(count + " values on the stack", stack.size() - floor + "");
    }
  }
}
