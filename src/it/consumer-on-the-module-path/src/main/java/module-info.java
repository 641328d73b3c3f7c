/** An application that names what it needs; the vector module comes along. */
module example {
  requires io.github.jmixtral;
}
