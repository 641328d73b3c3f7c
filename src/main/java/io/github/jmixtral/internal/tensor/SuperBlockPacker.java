package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Puts encoded weights in super-blocks into tiles, exactly as they are.
 *
 * <p>One caller at a time: holds the current call's matrix.
 */
public final class SuperBlockPacker implements ThreadTeam.Step {
  private static final int ROWS = QuantizedKernels.ROWS;
  private static final int GROUP = QuantizedKernels.GROUP;
  private static final int COLUMNS = SuperBlockKernels.COLUMNS;

  /** Shorts of a plane's row: two for each row of the tile. */
  private static final int LANES = 2 * ROWS;

  private static final int NIBBLES = 4;

  private final ThreadTeam team;

  // The current call's, for the step.
  private SuperBlocks source;
  private SuperBlockMatrix target;

  /** Makes a packer whose tiles are shared among a team's threads. */
  public SuperBlockPacker(ThreadTeam team) {
    this.team = team;
  }

  /**
   * Puts a matrix into tiles.
   *
   * @param matrix with super-blocks behind it
   * @param arena whose memory takes the weights; several threads write it
   */
  public SuperBlockMatrix pack(EncodedMatrix matrix, Arena arena) {
    SuperBlocks blocks = matrix.superBlocks().orElseThrow();
    SuperBlockMatrix packed =
        SuperBlockMatrix.allocate(arena, blocks.format(), matrix.rows(), matrix.cols());
    source = blocks;
    target = packed;
    try {
      team.run(packed.tiles(), this);
    } finally {
      source = null;
      target = null;
    }
    return packed;
  }

  /** Packs one tile; called by the team. */
  @Override
  public void run(int tile, int worker) {
    new Tile(source, target, tile).pack();
  }

  /** One tile on its way: the numbers of its 16 rows in one super-block. */
  private static final class Tile {
    private final SuperBlocks source;
    private final SuperBlockMatrix target;
    private final SuperBlockFormat format;
    private final int number;
    private final byte[][] levels = new byte[ROWS][COLUMNS];
    private final byte[][] scales = new byte[ROWS][COLUMNS / 16];
    private final byte[][] minima = new byte[ROWS][COLUMNS / 16];
    private final short[][] halves = new short[ROWS][2];
    private final short[] planes;

    Tile(SuperBlocks source, SuperBlockMatrix target, int number) {
      this.source = source;
      this.target = target;
      this.number = number;
      format = target.format();
      planes = new short[format.groupBytes() / Short.BYTES];
    }

    void pack() {
      int rows = Math.min(ROWS, target.rows() - number * ROWS);
      int superBlocks = (target.cols() + COLUMNS - 1) / COLUMNS;
      for (int superBlock = 0; superBlock < superBlocks; superBlock++) {
        for (int r = 0; r < rows; r++) {
          source.read(number * ROWS + r, superBlock, levels[r], scales[r], minima[r], halves[r]);
        }
        putHeader(target.headerOffset(number, superBlock));
        int firstGroup = superBlock * SuperBlockKernels.GROUPS;
        int groups = Math.min(SuperBlockKernels.GROUPS, target.groups() - firstGroup);
        for (int g = 0; g < groups; g++) {
          putLevels(target.levelsOffset(number, firstGroup + g), g * GROUP);
        }
      }
    }

    private void putHeader(long at) {
      MemorySegment data = target.data();
      for (int r = 0; r < ROWS; r++) {
        data.set(LittleEndian.SHORT, at + (long) r * Short.BYTES, halves[r][0]);
      }
      if (format.hasMinima()) {
        for (int r = 0; r < ROWS; r++) {
          long minimumAt = at + QuantizedKernels.SCALE_BYTES + (long) r * Short.BYTES;
          data.set(LittleEndian.SHORT, minimumAt, halves[r][1]);
        }
      }
      long scalesAt = at + format.scalesOffset();
      switch (format) {
        case Q2 -> {
          byte[] both = new byte[COLUMNS / 16];
          for (int r = 0; r < ROWS; r++) {
            for (int k = 0; k < both.length; k++) {
              both[k] = (byte) (scales[r][k] | minima[r][k] << NIBBLES);
            }
            putIntegers(scalesAt, r, both);
          }
        }
        case Q3, Q6 -> putIntegers(scalesAt, scales);
        case Q4, Q5 -> {
          putIntegers(scalesAt, scales);
          putIntegers(at + format.minimaOffset(), minima);
        }
      }
    }

    private void putIntegers(long at, byte[][] integers) {
      for (int r = 0; r < ROWS; r++) {
        putIntegers(at, r, integers[r]);
      }
    }

    /** Four bytes to an int, 16 rows' ints after each other. */
    private void putIntegers(long at, int row, byte[] integers) {
      int ints = COLUMNS / format.scaleColumns() / Integer.BYTES;
      for (int i = 0; i < ints; i++) {
        long to = at + ((long) i * ROWS + row) * Integer.BYTES;
        for (int b = 0; b < Integer.BYTES; b++) {
          target.data().set(ValueLayout.JAVA_BYTE, to + b, integers[i * Integer.BYTES + b]);
        }
      }
    }

    /** The planes of a group, from its first column in the super-block on. */
    private void putLevels(long at, int col) {
      Arrays.fill(planes, (short) 0);
      for (int r = 0; r < ROWS; r++) {
        switch (format) {
          case Q2 -> putTwoBits(levels[r], col, 0, 2 * r, 0);
          case Q3 -> {
            putTwoBits(levels[r], col, 0, 2 * r, 0);
            putBit(levels[r], col, 2, 2 * r, 2);
          }
          case Q4 -> putNibbles(levels[r], col, 2 * r);
          case Q5 -> {
            putNibbles(levels[r], col, 2 * r);
            putBit(levels[r], col, NIBBLES, 2 * r, NIBBLES);
          }
          case Q6 -> {
            putNibbles(levels[r], col, 2 * r);
            putTwoBits(levels[r], col, NIBBLES, 2 * r, NIBBLES);
          }
        }
      }
      MemorySegment.copy(planes, 0, target.data(), LittleEndian.SHORT, at, planes.length);
    }

    /** Four rows of shorts: one for each 8 columns. */
    private void putNibbles(byte[] row, int col, int lane) {
      for (int j = 0; j < 4; j++) {
        for (int o = 0; o < 2; o++) {
          int c = col + 8 * j + o;
          planes[j * LANES + lane + o] =
              (short)
                  (row[c] & 15
                      | (row[c + 2] & 15) << NIBBLES
                      | (row[c + 4] & 15) << 2 * NIBBLES
                      | (row[c + 6] & 15) << 3 * NIBBLES);
        }
      }
    }

    /** Two rows of shorts, from {@code first} on: each has 2 bits of twice 8 columns. */
    private void putTwoBits(byte[] row, int col, int shift, int lane, int first) {
      for (int j = 0; j < 2; j++) {
        for (int o = 0; o < 2; o++) {
          int c = col + 16 * j + o;
          int bits = 0;
          for (int n = 0; n < 4; n++) {
            int lower = row[c + 2 * n] >> shift & 3;
            int upper = row[c + 2 * n + 8] >> shift & 3;
            bits |= (lower | upper << 2) << NIBBLES * n;
          }
          planes[(first + j) * LANES + lane + o] = (short) bits;
        }
      }
    }

    /** One row of shorts, the {@code first}: it has a bit of four times 8 columns. */
    private void putBit(byte[] row, int col, int shift, int lane, int first) {
      for (int o = 0; o < 2; o++) {
        int bits = 0;
        for (int n = 0; n < 4; n++) {
          for (int j = 0; j < 4; j++) {
            bits |= (row[col + 8 * j + 2 * n + o] >> shift & 1) << NIBBLES * n + j;
          }
        }
        planes[first * LANES + lane + o] = (short) bits;
      }
    }
  }
}
