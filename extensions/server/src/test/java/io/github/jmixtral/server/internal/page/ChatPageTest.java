package io.github.jmixtral.server.internal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.server.Programs;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import tools.jackson.databind.JsonNode;

/** The page in a real browser. */
class ChatPageTest {
  private static ScriptedServer server;
  private static ChromeDriver browser;

  @BeforeAll
  static void start() throws IOException {
    browser = startBrowser();
    server = new ScriptedServer(options -> options);
  }

  static ChromeDriver startBrowser() {
    var driver = Programs.require("chromedriver (Debian's chromium-driver)", "chromedriver");
    var chromium = Programs.require("Chromium", "chromium", "google-chrome", "chromium-browser");
    var options = new ChromeOptions();
    options.setBinary(chromium.toFile());
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1000,800");
    var logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, java.util.logging.Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    var service = new ChromeDriverService.Builder().usingDriverExecutable(driver.toFile()).build();
    return new ChromeDriver(service, options);
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.quit();
    }
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void open() {
    browser.manage().window().setSize(new Dimension(1000, 800));
    browser.get(server.address());
    // A page that is left keeps its conversation.
    browser.executeScript("document.getElementById('new').click(); localStorage.clear()");
    browser.navigate().refresh();
    server.requests().clear();
    await(() -> browser.findElement(By.id("model")).getText().equals("scripted"));
  }

  private static void await(Supplier<Boolean> condition) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.get()) {
      assertTrue(System.nanoTime() < end, () -> texts("main").toString());
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static WebElement box() {
    return browser.findElement(By.id("text"));
  }

  private static List<String> texts(String selector) {
    return browser.findElements(By.cssSelector(selector)).stream()
        .map(element -> element.getDomProperty("textContent"))
        .toList();
  }

  private static void send(String text) {
    box().sendKeys(text, Keys.ENTER);
  }

  private static void awaitAnswers(int count) {
    await(() -> texts(".figures").size() == count);
  }

  @Test
  void aMessageIsSentAndItsAnswerComesPieceByPiece() {
    send("Hello");
    awaitAnswers(1);
    assertEquals(List.of("Hello"), texts("article.user"));
    assertEquals(List.of("You said:\nHello"), texts("article.assistant"));
    assertTrue(texts(".figures").getFirst().startsWith("12 tokens"), texts(".figures").getFirst());
    assertEquals("", box().getDomProperty("value"));
    send("Again");
    awaitAnswers(2);
    JsonNode messages = server.requests().getLast().get("messages");
    assertEquals(3, messages.size());
    assertEquals("You said:\nHello", messages.get(1).get("content").asString());
    assertEquals("assistant", messages.get(1).get("role").asString());
  }

  @Test
  void shiftAndEnterBeginALine() {
    box().sendKeys("one", Keys.chord(Keys.SHIFT, Keys.ENTER), "two");
    assertEquals("one\ntwo", box().getDomProperty("value"));
    assertEquals(List.of(), texts("article"));
    box().sendKeys(Keys.ENTER);
    awaitAnswers(1);
    assertEquals(List.of("one\ntwo"), texts("article.user"));
  }

  @Test
  void escapeAndTheButtonStopAnAnswer() {
    int before = server.cancelled();
    send("slow");
    await(() -> texts("article.assistant").getFirst().contains("word3"));
    assertEquals("Stop", browser.findElement(By.id("send")).getText());
    box().sendKeys(Keys.ESCAPE);
    awaitAnswers(1);
    await(() -> server.cancelled() == before + 1);
    assertEquals("Send", browser.findElement(By.id("send")).getText());
    assertEquals(List.of(), texts(".error"));
    send("slow");
    await(() -> texts("article.assistant").getLast().contains("word3"));
    browser.findElement(By.id("send")).click();
    awaitAnswers(2);
    await(() -> server.cancelled() == before + 2);
  }

  @Test
  void aRefusalIsShownAndTheMessageCanBeChanged() {
    send("refuse");
    await(() -> !texts(".error").isEmpty());
    assertEquals(List.of("the prompt is <b>too</b> long"), texts(".error"));
    assertEquals("refuse", box().getDomProperty("value"));
    assertEquals(List.of(), texts("article"));
    box().clear();
    send("Hello");
    awaitAnswers(1);
    assertEquals(List.of(), texts(".error"));
    assertEquals(1, server.requests().getLast().get("messages").size());
  }

  @Test
  void anAnswerThatBreaksOffIsKeptWithItsError() {
    send("break");
    await(() -> !texts(".error").isEmpty());
    assertEquals(List.of("the server is stopping"), texts(".error"));
    assertEquals(List.of("A beginning"), texts("article.assistant"));
  }

  @Test
  void aConversationOutlivesAReload() {
    send("Hello");
    awaitAnswers(1);
    browser.navigate().refresh();
    assertEquals(List.of("Hello"), texts("article.user"));
    assertEquals(List.of("You said:\nHello"), texts("article.assistant"));
    send("Again");
    awaitAnswers(2);
    assertEquals(3, server.requests().getLast().get("messages").size());
    browser.findElement(By.id("new")).click();
    assertEquals(List.of(), texts("article"));
    browser.navigate().refresh();
    assertEquals(List.of(), texts("article"));
  }

  @Test
  void markupInAnAnswerIsText() {
    send("markup");
    awaitAnswers(1);
    assertEquals(List.of(ScriptedServer.MARKUP), texts("article.assistant"));
    assertEquals(0, browser.findElements(By.cssSelector("article *")).size());
    browser.navigate().refresh();
    assertEquals(List.of(ScriptedServer.MARKUP), texts("article.assistant"));
    assertNotEquals("owned", browser.getTitle());
  }

  @Test
  void markupThatGotInWouldNotRun() {
    browser.executeScript(
        "document.body.insertAdjacentHTML('beforeend', arguments[0])", ScriptedServer.MARKUP);
    browser.executeScript(
        "const s = document.createElement('script'); s.textContent = \"document.title='owned'\";"
            + " document.body.append(s)");
    await(() -> !browser.findElements(By.cssSelector("img")).isEmpty());
    assertNotEquals("owned", browser.getTitle());
  }

  @Test
  void settingsAreSentAndKept() {
    browser.findElement(By.id("open-settings")).click();
    browser.findElement(By.id("system")).sendKeys("Be brief.");
    browser.findElement(By.id("temperature")).sendKeys("0.7");
    browser.findElement(By.id("max-tokens")).sendKeys("9", Keys.ENTER);
    send("Hello");
    awaitAnswers(1);
    JsonNode request = server.requests().getLast();
    assertEquals("Be brief.", request.get("messages").get(0).get("content").asString());
    assertEquals("system", request.get("messages").get(0).get("role").asString());
    assertEquals(0.7, request.get("temperature").asDouble());
    assertEquals(9, request.get("max_completion_tokens").asInt());
    browser.navigate().refresh();
    assertEquals("0.7", browser.findElement(By.id("temperature")).getDomProperty("value"));
  }

  @Test
  void whereNothingIsSetTheModelDecides() {
    send("Hello");
    awaitAnswers(1);
    JsonNode request = server.requests().getLast();
    assertFalse(request.has("temperature"));
    assertFalse(request.has("max_completion_tokens"));
  }

  @Test
  void itIsDarkWhereTheSystemIsOrTheUserWantsIt() {
    emulate("light");
    long light = brightness();
    emulate("dark");
    long dark = brightness();
    assertTrue(light > 600 && dark < 150, light + " " + dark);
    browser.executeScript("localStorage.setItem('jmixtral.theme', '\"light\"'); location.reload()");
    await(() -> brightness() > 600);
    emulate("light");
  }

  private static void emulate(String scheme) {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /** The sum of red, green and blue behind the text. */
  private static long brightness() {
    return (Long)
        browser.executeScript(
            "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)"
                + ".reduce((sum, part) => sum + Number(part), 0)");
  }

  @Test
  void itFitsAPhone() {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 360, "height", 640, "deviceScaleFactor", 2, "mobile", true));
    try {
      send("a".repeat(300));
      awaitAnswers(1);
      assertEquals(
          true,
          browser.executeScript(
              "return document.documentElement.scrollWidth <= innerWidth &&"
                  + " document.getElementById('send').getBoundingClientRect().bottom <="
                  + " innerHeight"));
    } finally {
      browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  @Test
  void aServerWithKeysAsksForOne() throws IOException {
    try (ScriptedServer guarded =
        new ScriptedServer(options -> options.withApiKeys(List.of("secret")))) {
      browser.get(guarded.address());
      await(() -> browser.findElement(By.id("settings")).getDomProperty("open").equals("true"));
      browser.findElement(By.id("api-key")).sendKeys("secret", Keys.ENTER);
      await(() -> browser.findElement(By.id("model")).getText().equals("scripted"));
      send("Hello");
      awaitAnswers(1);
      assertEquals(List.of("You said:\nHello"), texts("article.assistant"));
    }
  }

  @Test
  void nothingIsLoadedFromElsewhereAndNothingGoesWrong() {
    browser.manage().logs().get(LogType.BROWSER);
    browser.navigate().refresh();
    send("Hello");
    awaitAnswers(1);
    assertEquals(List.of(), browser.manage().logs().get(LogType.BROWSER).getAll());
    assertEquals(
        List.of(),
        browser.executeScript(
            "return performance.getEntriesByType('resource').map(entry => entry.name)"
                + ".filter(name => !name.startsWith(location.origin))"));
  }
}
