/** Where models come from: the Hugging Face Hub's cache, and downloads into it. */
@NullMarked
package io.github.jmixtral.hub;

import org.jspecify.annotations.NullMarked;
