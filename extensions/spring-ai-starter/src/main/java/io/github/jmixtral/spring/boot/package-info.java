/**
 * Configures a Mixtral, and Spring AI's models over it, in applications of Spring Boot.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.jmixtral.spring.boot;

import org.jspecify.annotations.NullMarked;
