package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SentencePieceModelFile;
import io.github.jmixtral.internal.jinja.JinjaTemplate;
import io.github.jmixtral.tokenizer.TokenizerConfig.NamedToken;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Text to ids and back, with byte-fallback BPE. Immutable and safe for use by several threads.
 *
 * <p>A tokenizer read from {@code tokenizer.json} does what Hugging Face's tokenizers library does
 * with that file; one read from {@code tokenizer.model} does what SentencePiece does with it, one
 * read from a GGUF file what llama.cpp does. They differ on purpose: the first and the last turn
 * {@code </s>} inside a text into the end-of-sequence id, the second leaves it text. {@link
 * #encodePlain} and {@link #encodeChat} never make control ids of what people wrote, whichever file
 * it is.
 *
 * @since 0.1.0
 */
public final class Tokenizer {
  static {
    GgufMetadata.OF_TOKENIZER.open(
        tokenizer -> vocabSize -> GgufVocabulary.describe((Tokenizer) tokenizer, vocabSize));
    JinjaTemplate.OF_TOKENIZER.open(tokenizer -> ((Tokenizer) tokenizer).chatTemplates().all());
  }

  private final TokenizerSource source;
  private final TokenizerConfig config;
  private final LoadedTokenizer loaded;
  private final Vocabulary vocabulary;
  private final OptionalInt bosTokenId;
  private final OptionalInt eosTokenId;
  private final OptionalInt padTokenId;
  private final OptionalInt unkTokenId;
  private final int[] prefix;
  private final int[] suffix;
  private final ChatTemplates chatTemplates;
  private final ChatEncoder chat;

  /** Empty to do what the reference of the file does. */
  private final Optional<Boolean> parsesSpecialTokens;

  private Tokenizer(
      TokenizerSource source,
      TokenizerConfig config,
      LoadedTokenizer loaded,
      Optional<Boolean> parsesSpecialTokens) {
    this.source = source;
    this.config = config;
    this.loaded = loaded;
    this.parsesSpecialTokens = parsesSpecialTokens;
    this.vocabulary = loaded.vocabulary();
    this.bosTokenId = known(config.bos(), loaded.bosId());
    this.eosTokenId = known(config.eos(), loaded.eosId());
    this.padTokenId = known(config.pad(), loaded.padId());
    this.unkTokenId = known(config.unk(), loaded.unkId());
    this.prefix = around(source.addsBos(config), bosTokenId, loaded.prefix());
    this.suffix = around(source.addsEos(config), eosTokenId, loaded.suffix());
    this.chatTemplates = config.chatTemplates();
    this.chat = chatEncoder();
  }

  /**
   * Reads the tokenizer of a checkpoint folder, or a single tokenizer file. In a folder {@code
   * tokenizer.json} wins over {@code tokenizer.model}, and this over {@code tokenizer.model.v3}.
   * The files beside it are heeded too: {@code tokenizer_config.json}, {@code
   * special_tokens_map.json}, {@code added_tokens.json} (with a tokenizer.model), {@code
   * chat_template.jinja}, {@code additional_chat_templates/tool_use.jinja}. A broken one is passed
   * over with a warning; a broken chat template harms chats only.
   *
   * @param folderOrFile a checkpoint folder, or a file; one whose name ends with {@code .json} is a
   *     tokenizer.json, with {@code .gguf} a model with its tokenizer, any other a SentencePiece
   *     model; a folder may also hold a single GGUF file
   * @throws MissingFileException if there is no tokenizer
   * @throws MalformedFileException if a file is damaged or contradicts another
   * @throws UnsupportedCheckpointException if the tokenizer has a component that is not supported
   */
  public static Tokenizer fromPretrained(Path folderOrFile) {
    Objects.requireNonNull(folderOrFile, "folderOrFile");
    Optional<Path> gguf = GgufFile.find(folderOrFile);
    if (gguf.isPresent()) {
      GgufTokenizer tokenizer = GgufTokenizer.read(gguf.get());
      return new Tokenizer(tokenizer, tokenizer.config(), tokenizer.load(), Optional.empty());
    }
    TokenizerFolder folder = TokenizerFolder.of(folderOrFile);
    TokenizerConfig config = TokenizerConfig.read(folder);
    Path file = folder.vocabularyFile();
    LoadedTokenizer loaded =
        folder.isJson()
            ? TokenizerJsonLoader.load(file.toString(), JsonFile.read(file), config)
            : SentencePieceLoader.load(SentencePieceModelFile.read(file), config);
    return new Tokenizer(folder, config, loaded, Optional.empty());
  }

  /**
   * Copies the tokenizer's files to a folder; {@link #fromPretrained} of it gives an equal
   * tokenizer.
   *
   * @throws IllegalArgumentException if the folder holds a file of another tokenizer that is not
   *     among those written
   * @throws java.io.UncheckedIOException if writing fails
   */
  public void savePretrained(Path folder) {
    Objects.requireNonNull(folder, "folder");
    source.copyTo(folder);
  }

  /**
   * Checks that {@link #savePretrained} would not refuse a folder; writes nothing.
   *
   * @param folder may be absent
   * @throws IllegalArgumentException if the folder holds a file of another tokenizer that would not
   *     be overwritten
   */
  public void requireSavable(Path folder) {
    Objects.requireNonNull(folder, "folder");
    source.requireFits(folder);
  }

  /**
   * The same tokenizer with another answer to whether the text of a special token ({@code </s>},
   * {@code <|im_end|>}), in a text that is encoded, becomes the token's id. Without one it does
   * what the reference of its file does: with a tokenizer.json or a GGUF file such texts become
   * ids, with a tokenizer.model they stay text. It makes no difference to conversations, in which
   * nothing that a message says becomes a special token.
   */
  public Tokenizer withParseSpecialTokens(boolean parseSpecialTokens) {
    return new Tokenizer(source, config, loaded, Optional.of(parseSpecialTokens));
  }

  /**
   * The ids of a text, none put around it; {@link #withParseSpecialTokens} says what becomes of the
   * texts of special tokens inside.
   *
   * @throws IllegalArgumentException if the text has half a surrogate pair, as all that encode
   */
  public int[] encode(String text) {
    Objects.requireNonNull(text, "text");
    IdBuffer ids = new IdBuffer();
    encode(text, ids);
    return ids.toArray();
  }

  private void encode(String text, IdBuffer ids) {
    UnicodeText.require("text", text);
    if (parsesSpecialTokens.isEmpty()) {
      loaded.encoder().encode(text, ids);
    } else if (parsesSpecialTokens.get()) {
      loaded.encoder().encodeParsed(text, ids);
    } else {
      loaded.encoder().encodePlain(text, ids);
    }
  }

  /**
   * The ids of a text.
   *
   * @param addSpecialTokens whether to put BOS in front (and EOS behind) as the folder says: a
   *     tokenizer.json's post-processor, or beside a tokenizer.model {@code add_bos_token} and
   *     {@code add_eos_token} of tokenizer_config.json, else BOS alone
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    Objects.requireNonNull(text, "text");
    if (!addSpecialTokens) {
      return encode(text);
    }
    IdBuffer ids = new IdBuffer();
    ids.addAll(prefix);
    encode(text, ids);
    ids.addAll(suffix);
    return ids.toArray();
  }

  /**
   * The ids of a text that came from outside: the texts of special tokens stay text. The unknown id
   * can occur if the vocabulary has no byte pieces.
   */
  public int[] encodePlain(String text) {
    Objects.requireNonNull(text, "text");
    UnicodeText.require("text", text);
    IdBuffer ids = new IdBuffer();
    loaded.encoder().encodePlain(text, ids);
    return ids.toArray();
  }

  /**
   * The ids of a conversation, ready for the assistant's answer, as {@link #encodeChat(List, List)}
   * without tools.
   */
  public int[] encodeChat(List<ChatMessage> messages) {
    return encodeChat(messages, List.of());
  }

  /**
   * The ids of a conversation in which the model may call tools, ready for the assistant's answer.
   * Nothing that a message says becomes a control id: not {@code </s>}, not {@code [INST]}, not
   * {@code <|im_start|>}.
   *
   * <p>The format follows from the checkpoint ({@link #chatFormat}). If it has no chat template, or
   * Mistral's own (one that prints {@code [INST]} and {@code [/INST]} around the user's text and
   * nothing else but white space, BOS and EOS), ids are built as Mistral's models were trained, and
   * as Mistral AI's library mistral-common gives them: version 3 if the vocabulary has control ids
   * {@code [INST]} and {@code [/INST]}, else version 1, which has no tools. Any other template is
   * rendered as transformers does, with {@code add_generation_prompt} set unless the last message
   * is to be continued. A template with the name {@code tool_use} is that of conversations with
   * tools.
   *
   * @param tools what the model may call
   * @throws IllegalArgumentException if the format cannot hold the conversation; the message names
   *     the place. Mistral's formats want it to end with the user's message, a tool's result or a
   *     {@linkplain ChatMessage#asPrefix prefix}, a result for each call, and names and ids by
   *     their rules; templates say what they refuse
   * @throws MalformedFileException if the template cannot be read, or is no Jinja2 template
   * @throws UnsupportedCheckpointException if the template cannot render the conversation
   */
  public int[] encodeChat(List<ChatMessage> messages, List<Tool> tools) {
    Objects.requireNonNull(messages, "messages");
    Objects.requireNonNull(tools, "tools");
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("messages: a conversation needs at least one message");
    }
    IdBuffer ids = new IdBuffer();
    chat.encode(messages, tools, ids);
    return ids.toArray();
  }

  /** How {@link #encodeChat} makes ids of a conversation. */
  public ChatFormat chatFormat() {
    return chat.format();
  }

  /**
   * The source of the checkpoint's chat template, a Jinja program; of several the one with the name
   * {@code default}.
   *
   * @throws MalformedFileException if the file that holds it cannot give it
   */
  public Optional<String> chatTemplate() {
    return chatTemplates().usual();
  }

  /** The sources of the templates, none of them faulty. */
  ChatTemplates chatTemplates() {
    return chatTemplates.requireSound();
  }

  /**
   * The ids of several texts with special tokens, padded on the left to the longest with the pad
   * id, or with the end-of-sequence id where there is no pad id.
   *
   * @throws IllegalArgumentException if {@code texts} is empty
   * @throws IllegalStateException if the tokenizer has neither id and the lengths differ
   */
  public EncodedBatch encodeBatch(List<String> texts) {
    Objects.requireNonNull(texts, "texts");
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("texts is empty; give at least one");
    }
    int[][] rows = texts.stream().map(text -> encode(text, true)).toArray(int[][]::new);
    int longest = Arrays.stream(rows).mapToInt(row -> row.length).max().orElseThrow();
    int[][] inputIds = new int[rows.length][longest];
    int[][] attentionMask = new int[rows.length][longest];
    for (int i = 0; i < rows.length; i++) {
      int padding = longest - rows[i].length;
      if (padding > 0) {
        Arrays.fill(inputIds[i], 0, padding, paddingId());
      }
      System.arraycopy(rows[i], 0, inputIds[i], padding, rows[i].length);
      Arrays.fill(attentionMask[i], padding, longest, 1);
    }
    return new EncodedBatch(inputIds, attentionMask);
  }

  private int paddingId() {
    if (padTokenId.isPresent()) {
      return padTokenId.getAsInt();
    }
    return eosTokenId.orElseThrow(
        () ->
            new IllegalStateException(
                "padding: the tokenizer has neither a pad token nor an end-of-sequence token to pad"
                    + " with"));
  }

  /**
   * The text of ids as the file's reference gives it: after a tokenizer.json special tokens are
   * shown, after a tokenizer.model they are not. Ids that the vocabulary does not know add nothing.
   *
   * @throws IllegalArgumentException if an id is negative
   */
  public String decode(int[] ids) {
    return decode(ids, loaded.hidesControlIds());
  }

  /**
   * The text of ids.
   *
   * @param skipSpecialTokens whether special tokens are left out; otherwise they appear as their
   *     own text
   * @throws IllegalArgumentException if an id is negative
   */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    Objects.requireNonNull(ids, "ids");
    TokenDecoder decoder = newDecoder(skipSpecialTokens);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.append(id));
    }
    return text.append(decoder.flush()).toString();
  }

  /** {@link #decode(int[], boolean)} of every row. */
  public List<String> batchDecode(List<int[]> batch, boolean skipSpecialTokens) {
    Objects.requireNonNull(batch, "batch");
    return batch.stream().map(ids -> decode(ids, skipSpecialTokens)).toList();
  }

  /** A decoder that takes ids one by one, for one sequence. */
  public TokenDecoder newDecoder(boolean skipSpecialTokens) {
    return loaded.decoders().apply(skipSpecialTokens);
  }

  /** Number of pieces; ids are 0 to {@code vocabSize() - 1}. */
  public int vocabSize() {
    return vocabulary.size();
  }

  /** The id of the beginning of a sequence; empty if there is none. */
  public OptionalInt bosTokenId() {
    return bosTokenId;
  }

  /** The id of the end of a sequence; empty if there is none. */
  public OptionalInt eosTokenId() {
    return eosTokenId;
  }

  /** The id of padding; empty in most Mixtral checkpoints, which have none. */
  public OptionalInt padTokenId() {
    return padTokenId;
  }

  /** The id of text for which there is no piece; empty if there is none. */
  public OptionalInt unkTokenId() {
    return unkTokenId;
  }

  /**
   * The piece of an id as the vocabulary writes it: {@code ▁the}, {@code <0x0A>}, {@code <s>}.
   *
   * @throws IllegalArgumentException if the id is not in the vocabulary
   */
  public String piece(int id) {
    return vocabulary.piece(checked(id));
  }

  /** The id of a piece, spelled as {@link #piece} gives it; empty if there is no such piece. */
  public OptionalInt id(String piece) {
    Objects.requireNonNull(piece, "piece");
    return vocabulary.id(piece);
  }

  /**
   * The bytes that an id adds in the middle of a text: UTF-8 with spaces for {@code ▁}, the one
   * byte of a byte piece, nothing for special tokens. A leading space that a decoder drops at the
   * start of a text is there.
   *
   * @throws IllegalArgumentException if the id is not in the vocabulary
   */
  public byte[] bytes(int id) {
    return vocabulary.bytes(checked(id));
  }

  /**
   * Whether an id steers the model (BOS, EOS and other control ids) or is the unknown id; all
   * others are text or bytes.
   *
   * @throws IllegalArgumentException if the id is not in the vocabulary
   */
  public boolean isSpecial(int id) {
    return vocabulary.isSpecial(checked(id));
  }

  /** Whether an id stands for a single byte, as {@code <0x0A>} does. */
  boolean isByte(int id) {
    return vocabulary.kind(checked(id)) == Vocabulary.Kind.BYTE;
  }

  /** The pieces. */
  Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Where the tokenizer was read from. */
  TokenizerSource source() {
    return source;
  }

  private int checked(int id) {
    if (!vocabulary.contains(id)) {
      throw new IllegalArgumentException(
          "id: expected 0 to " + (vocabSize() - 1) + ", found " + id);
    }
    return id;
  }

  private ChatEncoder chatEncoder() {
    ChatEncoder usual =
        chatTemplates
            .fault()
            .<ChatEncoder>map(FaultyChatEncoder::new)
            .orElseGet(() -> chatEncoder(chatTemplates.usual()));
    return chatTemplates.toolUse().isEmpty()
        ? usual
        : new ToolUseChatEncoder(usual, chatEncoder(chatTemplates.toolUse()));
  }

  private ChatEncoder chatEncoder(Optional<String> chatTemplate) {
    boolean control =
        ControlIds.find(vocabulary, "[INST]").isPresent()
            && ControlIds.find(vocabulary, "[/INST]").isPresent();
    if (chatTemplate.isPresent() && !MistralTemplate.recognises(chatTemplate.get(), control)) {
      Map<String, String> tokens = new TreeMap<>();
      bosTokenId.ifPresent(id -> tokens.put("bos_token", piece(id)));
      eosTokenId.ifPresent(id -> tokens.put("eos_token", piece(id)));
      padTokenId.ifPresent(id -> tokens.put("pad_token", piece(id)));
      unkTokenId.ifPresent(id -> tokens.put("unk_token", piece(id)));
      return new TemplateChatEncoder(loaded.encoder(), chatTemplate.get(), tokens);
    }
    ChatFormat format =
        !control
            ? ChatFormat.MISTRAL_V1
            : source.isVersionTwo() ? ChatFormat.MISTRAL_V2 : ChatFormat.MISTRAL_V3;
    return new MistralChatEncoder(
        loaded.encoder(), new ControlIds(vocabulary, bosTokenId, eosTokenId), format);
  }

  /** Some configurations name tokens that the vocabulary lacks: they are ignored. */
  private OptionalInt known(Optional<NamedToken> named, OptionalInt otherwise) {
    return named.map(token -> vocabulary.id(token.content())).orElse(otherwise);
  }

  private static int[] around(Optional<Boolean> wanted, OptionalInt id, int[] otherwise) {
    return wanted
        .map(add -> add && id.isPresent() ? new int[] {id.getAsInt()} : new int[0])
        .orElse(otherwise);
  }
}
