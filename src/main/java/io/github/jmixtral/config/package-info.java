/** What a checkpoint folder says about its model, as plain data. Floor 2. */
@NullMarked
package io.github.jmixtral.config;

import org.jspecify.annotations.NullMarked;
