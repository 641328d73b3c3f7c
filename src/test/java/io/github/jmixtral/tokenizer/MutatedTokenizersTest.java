package io.github.jmixtral.tokenizer;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.mutation.Mutant;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import io.github.jmixtral.testkit.mutation.SentencePieceSeed;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of tokenizers, which encode and decode when they can be read; see {@link MutantRun}. */
@RunsOnce
class MutatedTokenizersTest {
  private static final String TEXT = "the ab  abc\n<s> é\uD83D\uDE00 [INST] x</s>";
  private static final List<ChatMessage> CHAT =
      List.of(
          ChatMessage.system("Be brief."),
          ChatMessage.user(TEXT),
          ChatMessage.assistant("abc"),
          ChatMessage.user("a"));
  private static final Seed MODEL =
      SentencePieceSeed.of("<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab", "c");

  /** What all steps of a rendering may take, one after the other. */
  private static final long MOST_RENDERING_MEMORY = 1L << 30;

  /**
   * Of a template: its tree is up to a thousand bytes for each of its own, most of them
   * short-lived.
   */
  private static final long MOST_PARSING_MEMORY = 256 << 20;

  @TempDir Path folder;

  private static Stream<MutatedReader> readers() {
    return Stream.of(
        json(),
        model(),
        config("tokenizer-config", MutatedTokenizersTest::use),
        config("chat-config", MutatedTokenizersTest::chat).within(MOST_RENDERING_MEMORY),
        template(),
        rendering());
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreReadOrRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }

  private static MutatedReader json() {
    return new MutatedReader("tokenizer-json", MutatedTokenizersTest::use)
        .mutating("tokenizer.json", Seed.of(normalizing()), Seed.of(splitting()), Seed.of(bytes()));
  }

  private static MutatedReader model() {
    return new MutatedReader("tokenizer-model", MutatedTokenizersTest::use)
        .mutating("tokenizer.model", MODEL, SentencePieceSeed.of(bytePieces()));
  }

  private static String[] bytePieces() {
    return Stream.concat(
            Stream.of("<unk>", "<s>", "</s>", "a"),
            IntStream.range(0, 256).mapToObj("<0x%02X>"::formatted))
        .toArray(String[]::new);
  }

  private static MutatedReader config(String name, MutatedReader.Opening opening) {
    return new MutatedReader(name, opening)
        .refusingBy(IllegalArgumentException.class)
        .mutating(
            "tokenizer_config.json",
            Seed.of(
                """
                {"add_bos_token": true, "add_eos_token": false, "bos_token": "<s>",
                 "eos_token": {"content": "</s>", "special": true}, "unk_token": "<unk>",
                 "pad_token": null, "model_max_length": 1000000000000000019884624838656,
                 "added_tokens_decoder": {"0": {"content": "<unk>", "special": true},
                   "9": {"content": "<|im_start|>", "lstrip": false, "normalized": false,
                   "rstrip": false, "single_word": false, "special": true}},
                 "chat_template": "%s", "tokenizer_class": "LlamaTokenizer"}
                """
                    .formatted(chatTemplate().replace("\n", "\\n"))),
            Seed.of(
                """
                {"bos_token": "<s>", "chat_template": [
                 {"name": "default", "template": "{{ bos_token }}{{ messages[0]['content'] }}"},
                 {"name": "tool_use", "template": "{{ 1 + 1 }}"}]}
                """))
        .mutating(
            "special_tokens_map.json",
            Seed.of("{\"bos_token\": \"<s>\", \"additional_special_tokens\": [\"<s>\", \"</s>\"]}"))
        .mutating("added_tokens.json", Seed.of("{\"<|im_start|>\": 9, \"<|im_end|>\": 10}"))
        .beside("tokenizer.model", MODEL.file());
  }

  private static MutatedReader template() {
    return new MutatedReader(
            "chat-template",
            mutant -> {
              Tokenizer tokenizer = Tokenizer.fromPretrained(mutant.folder());
              tokenizer.chatTemplate();
              mutant.opened();
            })
        .within(MOST_PARSING_MEMORY)
        .mutating("chat_template.jinja", Seed.of(chatTemplate()), Seed.of(mistralTemplate()))
        .beside("tokenizer.model", MODEL.file());
  }

  /** The same templates as programs, whose steps are bounded. */
  private static MutatedReader rendering() {
    return new MutatedReader("chat-rendering", MutatedTokenizersTest::chat)
        .within(MOST_RENDERING_MEMORY)
        .refusingBy(IllegalArgumentException.class)
        .mutating("chat_template.jinja", Seed.of(chatTemplate()), Seed.of(mistralTemplate()))
        .beside("tokenizer.model", MODEL.file());
  }

  private static void use(Mutant mutant) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(mutant.folder());
    mutant.opened();
    int[] ids = tokenizer.encode(TEXT, true);
    tokenizer.encodePlain(TEXT);
    tokenizer.decode(ids, true);
    tokenizer.decode(ids);
    int some = Math.min(tokenizer.vocabSize(), 300);
    for (int id = 0; id < some; id++) {
      tokenizer.piece(id);
      tokenizer.bytes(id);
    }
    TokenDecoder decoder = tokenizer.newDecoder(false);
    for (int id : ids) {
      decoder.append(id);
    }
    decoder.flush();
  }

  private static void chat(Mutant mutant) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(mutant.folder());
    mutant.opened();
    tokenizer.encode(TEXT, true);
    tokenizer.encodeChat(CHAT);
  }

  private static String chatTemplate() {
    return """
    {%- set count = namespace(n=0) -%}
    {%- for m in messages if m.role != 'tool' -%}
    {%- set count.n = count.n + 1 -%}
    {{ '<|im_start|>' ~ m['role'] + '\\\\n' }}{{ m.content | trim | replace('a', 'b') }}\\
    {%- for i in range(3) %}{{ loop.index * 2 ** 2 }}{% endfor -%}
    {%- if loop.last and not loop.first %}{{ eos_token }}{% elif 1 %}{{ 'x' ~ 2 }}{% endif -%}
    {%- endfor -%}
    {%- macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro -%}
    {{ f(1) }}{{ messages[0].content[:2] }}{{ count.n | string | upper }}
    {%- if add_generation_prompt %}{{ '<|im_start|>assistant' }}{% endif -%}\
    """;
  }

  private static String mistralTemplate() {
    return """
    {{ bos_token }}{% for message in messages %}
    {% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}
    {% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}
    {% endif %}{% endfor %}\
    """;
  }

  private static String normalizing() {
    return """
    {"version": "1.0", "truncation": null, "padding": null,
     "added_tokens": [
       {"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true},
       {"id": 1, "content": "<s>", "single_word": false, "lstrip": true, "rstrip": true,
        "normalized": false, "special": true},
       {"id": 2, "content": "</s>", "single_word": true, "lstrip": false, "rstrip": false,
        "normalized": true, "special": true}],
     "normalizer": {"type": "Sequence", "normalizers": [
       {"type": "Prepend", "prepend": "▁"},
       {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
     "pre_tokenizer": null,
     "post_processor": {"type": "TemplateProcessing",
       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                  {"Sequence": {"id": "A", "type_id": 0}}],
       "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
     "decoder": {"type": "Sequence", "decoders": [
       {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
       {"type": "ByteFallback"}, {"type": "Fuse"},
       {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
     "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>",
       "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": true,
       "byte_fallback": false, "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "x": 3, "▁": 4,
         "a": 5, "b": 6, "ab": 7, "▁ab": 8, "c": 9, "abc": 10},
       "merges": ["a b", "▁ ab", "ab c"]}}
    """;
  }

  /** Hardly more than the pieces of all bytes. */
  private static String bytes() {
    return IntStream.range(0, 256)
        .mapToObj(value -> "\"<0x%02X>\":%d".formatted(value, 3 + value))
        .collect(
            Collectors.joining(
                ",",
                """
                {"added_tokens":[{"id":1,"content":"<s>","single_word":false,"lstrip":false,
                "rstrip":false,"normalized":false,"special":true}],"normalizer":null,
                "pre_tokenizer":null,"post_processor":null,"decoder":{"type":"ByteFallback"},
                "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
                "vocab":{"<unk>":0,"<s>":1,"a":2,\
                """,
                "},\"merges\":[]}}"));
  }

  /** With a pre-tokenizer in the place of the normalizer, and merges as pairs. */
  private static String splitting() {
    String json = normalizing();
    int begin = json.indexOf("\"normalizer\":");
    int end = json.indexOf("\"post_processor\":");
    return json.substring(0, begin)
        + """
        "normalizer": null, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁",
        "prepend_scheme": "always", "split": false},
        """
        + json.substring(end)
            .replace("\"a b\", \"▁ ab\", \"ab c\"", "[\"a\", \"b\"], [\"▁\", \"ab\"]");
  }
}
