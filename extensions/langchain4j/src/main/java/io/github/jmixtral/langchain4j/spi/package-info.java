/**
 * Factories of builders, for frameworks that want to give out builders of their own making: what
 * {@link java.util.ServiceLoader} finds of a factory takes the place of the plain builder.
 */
@NullMarked
package io.github.jmixtral.langchain4j.spi;

import org.jspecify.annotations.NullMarked;
