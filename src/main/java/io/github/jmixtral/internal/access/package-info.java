/** What exported classes show to the other packages of the library only. */
package io.github.jmixtral.internal.access;
