/** Where models come from: the Hugging Face Hub's cache, and downloads into it. */
package io.github.jmixtral.hub;
