package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.Recipe;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How the matrices of a GGUF file are stored; the router and the norms are in single precision
 * always, as llama.cpp has them.
 */
public enum GgufEncoding {
  /** Single precision. */
  F32(0),

  /** Half precision. */
  F16(1),

  /** bfloat16. */
  BF16(32),

  /** Q8_0: 8.5 bits a weight. */
  Q8_0(7),

  /**
   * Q4_0, 4.5 bits a weight, for what {@link Recipe#Q4} stores in 4 bits: the experts and the
   * queries' projection. All other matrices, which are few, are Q8_0.
   */
  Q4_0(2);

  private final int fileType;

  GgufEncoding(int fileType) {
    this.fileType = fileType;
  }

  /** llama.cpp's number for files that are so in the main. */
  public int fileType() {
    return fileType;
  }

  /** What of a model is quantised; empty: nothing. */
  public Optional<Recipe> recipe() {
    return switch (this) {
      case F32, F16, BF16 -> Optional.empty();
      case Q8_0 -> Optional.of(Recipe.Q8);
      case Q4_0 -> Optional.of(Recipe.Q4);
    };
  }

  /** The encoding's name where people write it: {@code q4_0}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All names. */
  public static List<String> labels() {
    return Stream.of(values()).map(GgufEncoding::label).toList();
  }

  /** The encoding of that name, if there is one. */
  public static Optional<GgufEncoding> of(String label) {
    return Stream.of(values()).filter(encoding -> encoding.label().equals(label)).findFirst();
  }
}
