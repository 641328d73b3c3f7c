package example;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class DuckStoriesTest {
  @LocalServerPort private int port;
  @Autowired private ChatMemory memory;
  @Autowired private VectorStore knowledge;

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    var response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response::body).isEqualTo(200);
    return response.body();
  }

  private String ask(String conversation, String question) throws Exception {
    return send(
        request("/conversations/" + conversation)
            .POST(HttpRequest.BodyPublishers.ofString(question)));
  }

  @Test
  void anAnswerIsRemembered() throws Exception {
    assertThat(ask("first", "Where does Lily live?")).isNotBlank();
    assertThat(ask("first", "And Tom?")).isNotBlank();
    assertThat(memory.get("first")).hasSize(4);
  }

  @Test
  void anAnswerIsStreamed() throws Exception {
    String events = send(request("/conversations/second?question=Tell%20me%20a%20story."));
    assertThat(events.lines().filter(line -> line.startsWith("data:{\"text\":")))
        .hasSizeGreaterThan(5);
  }

  @Test
  void anAnswerIsADuck() throws Exception {
    assertThat(send(request("/duck"))).startsWith("{\"name\":").contains("\"age\":");
  }

  @Test
  void knowledgeIsFound() {
    assertThat(knowledge.similaritySearch("The mill grinds flour on Mondays.").getFirst().getText())
        .isEqualTo("The mill grinds flour on Mondays.");
  }

  @Test
  void healthAndMetricsAreShown() throws Exception {
    ask("third", "Hello");
    assertThat(send(request("/actuator/health"))).contains("\"runningRequests\":0");
    assertThat(send(request("/actuator/metrics/jmixtral.time.to.first.token")))
        .contains("\"COUNT\"");
  }
}
