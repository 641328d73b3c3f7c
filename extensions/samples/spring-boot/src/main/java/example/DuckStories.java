package example;

import java.util.List;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.vectorstore.SimpleVectorStore;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class DuckStories {
  public static void main(String[] args) {
    SpringApplication.run(DuckStories.class, args);
  }

  @Bean
  VectorStore knowledge(EmbeddingModel embeddings) {
    VectorStore store = SimpleVectorStore.builder(embeddings).build();
    store.add(
        List.of(
            new Document("Lily the duck lives at the pond behind the mill."),
            new Document("Tom the frog likes to sing when it rains."),
            new Document("The mill grinds flour on Mondays.")));
    return store;
  }
}
