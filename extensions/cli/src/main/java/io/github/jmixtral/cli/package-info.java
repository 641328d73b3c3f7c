/** The command line: a class for each command. Start reading at {@code Main}. */
package io.github.jmixtral.cli;
