package io.github.jmixtral.tokenizer;

import java.util.Arrays;

/** A map from code points to symbols: pages of 256 code points, made when first written to. */
final class CodePointTable {
  /** What {@link #get} returns for a code point without a symbol. */
  static final int NONE = -1;

  private static final int PAGE = 256;

  private final int[][] pages = new int[(Character.MAX_CODE_POINT + 1) / PAGE][];

  void put(int codePoint, int symbol) {
    int[] page = pages[codePoint / PAGE];
    if (page == null) {
      page = new int[PAGE];
      Arrays.fill(page, NONE);
      pages[codePoint / PAGE] = page;
    }
    page[codePoint % PAGE] = symbol;
  }

  int get(int codePoint) {
    int[] page = pages[codePoint / PAGE];
    return page == null ? NONE : page[codePoint % PAGE];
  }
}
