/** What the tests of the library and of its extensions share. */
package io.github.jmixtral.testkit;
