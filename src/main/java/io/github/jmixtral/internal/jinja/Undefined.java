package io.github.jmixtral.internal.jinja;

import java.util.function.Supplier;

/**
 * A name, key or attribute that is not there: prints as nothing, is false and empty, and fails when
 * anything else is asked of it.
 */
final class Undefined implements Value {
  private final String kind;
  private final Supplier<String> reason;

  private Undefined(String kind, Supplier<String> reason) {
    this.kind = kind;
    this.reason = reason;
  }

  static Undefined name(String name) {
    return new Undefined("UndefinedError", () -> Printing.quoted(name) + " is undefined");
  }

  static Undefined because(String reason) {
    return new Undefined("UndefinedError", () -> reason);
  }

  /** An attribute or element that a value has not. */
  static Undefined of(Value owner, Value name) {
    return new Undefined("UndefinedError", () -> missing(owner, name));
  }

  /** An attribute that the sandbox keeps back. */
  static Undefined unsafe(Value owner, String attribute) {
    return new Undefined(
        "SecurityError",
        () ->
            "access to attribute "
                + Printing.quoted(attribute)
                + " of '"
                + owner.typeName()
                + "' object is unsafe.");
  }

  private static String missing(Value owner, Value name) {
    String type = owner == NoneValue.NONE ? "None" : owner.qualifiedTypeName() + " object";
    if (name instanceof Text text) {
      return "'" + type + "' has no attribute " + Printing.quoted(text.string());
    }
    return type + " has no element " + Printing.forMessage(name);
  }

  JinjaException failure() {
    return JinjaException.of(kind, reason.get());
  }

  String reason() {
    return reason.get();
  }

  @Override
  public String typeName() {
    return "Undefined";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.runtime.Undefined";
  }
}
