package io.github.jmixtral.internal.kernel;

/** A format of quantised weights. */
public sealed interface WeightFormat permits TileFormat, SuperBlockFormat {

  /** The format's name where people read it. */
  String label();
}
