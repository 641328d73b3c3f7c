/** Whether a checkpoint is what it says: its files, its numbers, and what they compute. Floor 5. */
package io.github.jmixtral.internal.verification;
