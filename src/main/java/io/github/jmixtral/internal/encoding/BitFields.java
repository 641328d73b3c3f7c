package io.github.jmixtral.internal.encoding;

import java.lang.foreign.MemorySegment;

/**
 * How lines of small integers are packed into 32-bit words. Example: 4 bits, 40 fields, dense: 5
 * words, field 9 in bits 4 … 7 of word 1.
 *
 * @param bits width of a field, 2 … 8
 * @param perWord fields that begin in each word where fields never straddle words; 0 where they
 *     follow each other without gaps, a plain little-endian stream of bits
 */
record BitFields(int bits, int perWord) {

  /** Fields without gaps between them. */
  static BitFields dense(int bits) {
    return new BitFields(bits, 0);
  }

  /** As many whole fields in a word as fit; the rest of its bits are unused. */
  static BitFields whole(int bits) {
    return new BitFields(bits, Integer.SIZE / bits);
  }

  /** Words of a line of fields. */
  int words(int fields) {
    int fieldsOrBits = perWord == 0 ? Integer.SIZE : perWord;
    long count = perWord == 0 ? (long) fields * bits : fields;
    return Math.toIntExact((count + fieldsOrBits - 1) / fieldsOrBits);
  }

  /** The largest number that a field holds. */
  int largest() {
    return (1 << bits) - 1;
  }

  /**
   * A field of a line.
   *
   * @param first index of the line's first word
   * @param stride words from one of the line's words to the next
   */
  int get(MemorySegment data, long first, long stride, int field) {
    int word;
    int shift;
    if (perWord == 0) {
      long bit = (long) field * bits;
      word = (int) (bit / Integer.SIZE);
      shift = (int) (bit % Integer.SIZE);
    } else {
      word = field / perWord;
      shift = field % perWord * bits;
    }
    int value = Elements.word(data, first + word * stride) >>> shift;
    if (shift + bits > Integer.SIZE) {
      value |= Elements.word(data, first + (word + 1) * stride) << Integer.SIZE - shift;
    }
    return value & largest();
  }
}
