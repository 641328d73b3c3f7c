package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistral's own templates are told from those that print anything else. */
@RunsOnce
class MistralTemplateTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ ' [INST] ' +"
            + " m['content'] + ' [/INST]' }}{% else %}{{ ' ' + m['content'] + eos_token }}{% endif"
            + " %}{% endfor %}",
        "{{ bos_token }}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 =="
            + " 0) %}{{ raise_exception('Roles must alternate!') }}{% endif %}{{ '[INST] ' +"
            + " m['content'] + ' [/INST]' }}{% endfor %}",
        "{%- if messages[0][\"role\"] == \"system\" %}\n    {%- set system_message ="
            + " messages[0][\"content\"] %}\n{%- endif %}\n{{- \" [INST] \" + system_message +"
            + " \"\\n\\n\" + message[\"content\"] + \" [/INST]\" }}",
        "<s>[INST] {{ messages[0].content }} [/INST]",
        "{{- \"[AVAILABLE_TOOLS] [\" }}{{- '{\"type\": \"function\", \"function\": {' }}[INST]"
            + " {{ m.content }}[/INST]"
      })
  void mistralsOwn(String template) {
    assertTrue(MistralTemplate.recognises(template));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ '<|im_start|>' + m.role }}",
        "{{ '[INST] <<SYS>>\\n' + s + '\\n<</SYS>>\\n\\n' + m.content + ' [/INST]' }}",
        "{% set system_message = 'You are helpful.' %}{{ '[INST] ' + system_message + ' [/INST]'"
            + " }}",
        "[INST] {{ m.content }} [/INST] ### Answer:",
        "[INST] {{ m.content ",
        "{{ m.content }}"
      })
  void othersOwn(String template) {
    assertFalse(MistralTemplate.recognises(template));
  }
}
