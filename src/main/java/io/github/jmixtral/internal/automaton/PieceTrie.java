package io.github.jmixtral.internal.automaton;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The bytes of a tokenizer's pieces as a trie in preorder: the children of a node follow it, each
 * with its whole subtree. Node 0 is the root. Immutable.
 *
 * <p>A worked example: the pieces {@code a ab b} make the nodes 0 (root), 1 (a), 2 (ab), 3 (b), and
 * {@code subtreeEnd} is 4, 3, 3, 4: the children of the root are 1 and then subtreeEnd(1) = 3.
 */
final class PieceTrie {
  /** The node of the empty text. */
  static final int ROOT = 0;

  private final byte[] labels;
  private final int[] subtreeEnds;
  private final int[] firstIds;
  private final int[] ids;
  private final int depth;

  /**
   * @param pieces the bytes of each id; null for an id that is never to be chosen
   */
  PieceTrie(List<byte[]> pieces) {
    int[] order = sortedIds(pieces);
    int nodes = 1;
    byte[] previous = {};
    for (int id : order) {
      nodes += pieces.get(id).length - commonLength(previous, pieces.get(id));
      previous = pieces.get(id);
    }
    labels = new byte[nodes];
    subtreeEnds = new int[nodes];
    firstIds = new int[nodes + 1];
    ids = order;
    depth = Arrays.stream(ids).map(id -> pieces.get(id).length).max().orElse(0);
    fill(pieces);
  }

  private static int[] sortedIds(List<byte[]> pieces) {
    return IntStream.range(0, pieces.size())
        .filter(id -> pieces.get(id) != null)
        .boxed()
        .sorted((a, b) -> Arrays.compareUnsigned(pieces.get(a), pieces.get(b)))
        .mapToInt(id -> id)
        .toArray();
  }

  private void fill(List<byte[]> pieces) {
    int[] path = new int[depth + 1]; // the node at each depth of the piece before
    byte[] previous = {};
    int node = 0;
    for (int index = 0; index < ids.length; index++) {
      byte[] piece = pieces.get(ids[index]);
      int common = commonLength(previous, piece);
      for (int depth = common + 1; depth <= previous.length; depth++) {
        subtreeEnds[path[depth]] = node + 1;
      }
      for (int depth = common; depth < piece.length; depth++) {
        node++;
        labels[node] = piece[depth];
        firstIds[node] = index;
        path[depth + 1] = node;
      }
      previous = piece;
    }
    for (int depth = 0; depth <= previous.length; depth++) {
      subtreeEnds[path[depth]] = node + 1;
    }
    firstIds[node + 1] = ids.length;
  }

  private static int commonLength(byte[] a, byte[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  /** How many bytes the longest piece has. */
  int depth() {
    return depth;
  }

  /** The byte that leads to a node, 0 … 255. */
  int label(int node) {
    return labels[node] & 0xFF;
  }

  /** The node behind a node's whole subtree; the first child is {@code node + 1}, if before it. */
  int subtreeEnd(int node) {
    return subtreeEnds[node];
  }

  boolean hasChildren(int node) {
    return node + 1 < subtreeEnds[node];
  }

  /** Where the ids begin that end at a node; they end where the next node's begin. */
  int firstId(int node) {
    return firstIds[node];
  }

  /** The id at a place that {@link #firstId} gives. */
  int id(int index) {
    return ids[index];
  }
}
