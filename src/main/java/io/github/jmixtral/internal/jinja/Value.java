package io.github.jmixtral.internal.jinja;

/**
 * A value of Python's, as far as templates see it. All but namespaces and iterators never change.
 */
sealed interface Value
    permits NoneValue,
        BoolValue,
        IntValue,
        FloatValue,
        Text,
        BytesValue,
        ListValue,
        TupleValue,
        DictValue,
        DictView,
        RangeValue,
        Undefined,
        Namespace,
        Loop,
        Macro,
        Function,
        TypeValue,
        IteratorValue,
        Cycler,
        Joiner,
        Blocks,
        BlockReference {

  /** {@code type(value).__name__}. */
  String typeName();

  /** The type as Jinja2 names it in messages, with its module unless it is built in. */
  default String qualifiedTypeName() {
    return typeName();
  }
}
