package io.github.jmixtral.internal.jinja;

/** What {@code encode} gives; {@code written} is whether people wrote any of it. */
final class BytesValue implements Value {
  private final byte[] bytes;
  private final boolean written;

  BytesValue(byte[] bytes, boolean written) {
    this.bytes = bytes;
    this.written = written;
  }

  byte[] bytes() {
    return bytes;
  }

  boolean isWritten() {
    return written;
  }

  @Override
  public String typeName() {
    return "bytes";
  }
}
