/** What a checkpoint folder says about its model, as plain data. Floor 2. */
package io.github.jmixtral.config;
