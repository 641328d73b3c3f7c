package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistral's own templates are told from those that print anything else. */
@RunsOnce
class MistralTemplateTest {
  private static final String USER = "{{ ' [INST] ' + m['content'] + ' [/INST]' }}";
  private static final String ASSISTANT = "{{ ' ' + m['content'] + eos_token }}";

  private static String template(String user, String assistant) {
    return "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
        + user
        + "{% else %}"
        + assistant
        + "{% endif %}{% endfor %}";
  }

  @Test
  void theStorytellersTemplateIsMistrals() {
    String template =
        JsonFile.read(Fixtures.storyteller().resolve("tokenizer_config.json"))
            .get("chat_template")
            .stringValue();
    assertTrue(MistralTemplate.recognises(template, false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ '[INST] ' + m['content'] + ' [/INST]' }}",
        "{{- \" [INST] \" + m.content + \" [/INST]\" -}}",
        "{{ raise_exception('No, never!') }}{{ '[INST] ' + m['content'] + ' [/INST]' }}",
        "{% if loop.first %}{{ ' [INST] ' + system_message + '\\n"
            + "\\n"
            + "' + m['content'] + ' [/INST]' }}{% endif %}{{ ' [INST] ' + m['content'] + ' [/INST]'"
            + " }}"
      })
  void spellingsOfTheUsersPartAreMistrals(String user) {
    assertTrue(MistralTemplate.recognises(template(user, ASSISTANT), false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ m['content'] + eos_token }}",
        "{{ ' ' + m['content'] + ' ' + eos_token}}",
        "{{- \" \" + m[\"content\"] + eos_token }}"
      })
  void spellingsOfTheAssistantsPartAreMistrals(String assistant) {
    assertTrue(MistralTemplate.recognises(template(USER, assistant), false));
  }

  @Test
  void indentedStatementsAreMistrals() {
    String template =
        "{%- if messages[0][\"role\"] == \"system\" %}\n"
            + "    {%- set system_message = messages[0][\"content\"] %}\n"
            + "    {%- set loop_messages = messages[1:] %}\n{%- endif %}\n\n"
            + "{{- bos_token }}\n{%- for m in loop_messages %}\n    "
            + "{{- \"[INST] \" + m[\"content\"] + \" [/INST]\" }}\n    "
            + "{{- \" \" + m[\"content\"] + eos_token }}\n{%- endfor %}\n";
    assertTrue(MistralTemplate.recognises(template, false));
  }

  @Test
  void withControlIdsToolsAndOtherSpacesAreMistralsToo() {
    String template =
        template(
            "{{- \"[AVAILABLE_TOOLS] [\" }}{% for tool in tools %}{% set tool = tool.function %}"
                + "{{- '{\"type\": \"function\", \"function\": {' }}"
                + "{{- '\"' + key + '\": \"' + val + '\"' }}{{- '\"' + key + '\": ' + val|tojson }}"
                + "{% endfor %}{{- \"[INST] \" + m[\"content\"] + \"[/INST]\" }}",
            "{{- \" \" + m[\"content\"]|trim + eos_token}}");
    assertTrue(MistralTemplate.recognises(template, true));
    assertFalse(MistralTemplate.recognises(template, false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ '[INST]' + m['content'] + ' [/INST]' }}",
        "{{ '[INST] ' + m['content'] + '[/INST]' }}",
        "{{ ' [INST] ' + m['content'] | trim + ' [/INST]' }}",
        "{{ ' [INST] ' + m['content'].strip() + ' [/INST]' }}",
        "{{ ' [INST] ' + m['content'] + ' [/INST]' }}{{ 'answer' }}",
        "{{ ' [INST] ' + m['content'] + ' [/INST]' }}{{ ' ' }}",
        "{{ ' [INST] ' + m['content'] + ' [/INST]' }} ",
        "{{ ' [INST] ' + m['content'] + ' [/INST]' }}\n",
        "{{ '[INST] <<SYS>>\\n' + s + '\\n<</SYS>>\\n\\n' + m.content + ' [/INST]' }}",
        "{% set system_message = 'You are helpful.' %}"
            + "{{ ' [INST] ' + system_message + '\\n\\n' + m['content'] + ' [/INST]' }}",
        "{% set m = m | trim %}{{ ' [INST] ' + m['content'] + ' [/INST]' }}",
        "{{ ' [INST] ' + m['content'] + ' [/INST]' }} ### Answer:",
        "[INST] {{ m.content }} [/INST]",
        "{{ '<|im_start|>' + m.role }}",
        "{{ m.content }}",
        "[INST] {{ m.content "
      })
  void anythingElseForTheUserIsNot(String user) {
    assertFalse(MistralTemplate.recognises(template(user, ASSISTANT), false));
  }

  @Test
  void aTemplateWithoutOneOfTheThreePartsIsNot() {
    assertFalse(MistralTemplate.recognises(template("", ASSISTANT), false));
    assertFalse(MistralTemplate.recognises(template(USER, ""), false));
    String template = template(USER, ASSISTANT);
    assertTrue(MistralTemplate.recognises(template, false));
    assertFalse(MistralTemplate.recognises(template.replace("{{ bos_token }}", ""), false));
  }
}
