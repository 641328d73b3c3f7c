package example;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.vectorstore.QuestionAnswerAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

@RestController
class ChatController {
  /** As JSON, so that a leading space of a token survives in an event. */
  record Part(String text) {}

  record Duck(String name, int age) {}

  private final ChatClient chat;

  ChatController(ChatClient.Builder builder, ChatMemory memory, VectorStore knowledge) {
    chat =
        builder
            .defaultAdvisors(
                MessageChatMemoryAdvisor.builder(memory).build(),
                QuestionAnswerAdvisor.builder(knowledge)
                    .searchRequest(SearchRequest.builder().topK(1).build())
                    .build())
            .build();
  }

  private ChatClient.ChatClientRequestSpec ask(String conversation, String question) {
    return chat.prompt(question)
        .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, conversation));
  }

  @PostMapping("/conversations/{id}")
  String answer(@PathVariable String id, @RequestBody String question) {
    return ask(id, question).call().content();
  }

  @GetMapping(path = "/conversations/{id}", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<Part> stream(@PathVariable String id, @RequestParam String question) {
    return ask(id, question).stream().content().map(Part::new);
  }

  /** The answer is a duck, whatever the model would like to say. */
  @GetMapping("/duck")
  Duck duck() {
    return ask("ducks", "Which duck lives at the pond?")
        .call()
        .entity(Duck.class, spec -> spec.useProviderStructuredOutput());
  }
}
