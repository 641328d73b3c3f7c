package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.lang.foreign.Arena;

/**
 * Puts encoded weights in super-blocks into tiles, exactly as they are.
 *
 * <p>One caller at a time: holds the current call's matrix.
 */
public final class SuperBlockPacker implements ThreadTeam.Step {
  private static final int ROWS = QuantizedKernels.ROWS;

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
  public void run(int number, int worker) {
    SuperBlockTile tile = new SuperBlockTile(target.format());
    SuperBlocks.Reader reader = source.reader();
    int rows = Math.min(ROWS, target.rows() - number * ROWS);
    for (int superBlock = 0; superBlock < target.superBlocks(); superBlock++) {
      for (int r = 0; r < rows; r++) {
        reader.read(
            number * ROWS + r,
            superBlock,
            tile.levels(r),
            tile.scales(r),
            tile.minima(r),
            tile.halves(r));
      }
      tile.put(target, number, superBlock);
    }
  }
}
