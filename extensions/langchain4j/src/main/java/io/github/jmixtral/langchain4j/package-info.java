/**
 * Models of LangChain4j that run in the process: chat, streaming chat, language, embedding and
 * scoring models over a {@link io.github.jmixtral.MixtralForCausalLM}. Start with {@link
 * io.github.jmixtral.langchain4j.JmixtralChatModel}.
 */
@NullMarked
package io.github.jmixtral.langchain4j;

import org.jspecify.annotations.NullMarked;
