/** The exceptions that users catch. Floor 0: everybody may throw them. */
package io.github.jmixtral.error;
