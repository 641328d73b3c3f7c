package io.github.jmixtral.constraint;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Schemas: what is written fits them, which a validator says that we did not write. */
@RunsOnce
class SchemaConstraintTest {
  private static final Tokenizer TOKENIZER = Tokenizer.fromPretrained(Fixtures.storyteller());

  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "true",
        "{'type':'string'}",
        "{'type':'string','minLength':3,'maxLength':5}",
        "{'type':'string','pattern':'^[A-Z]{2}\\\\d+$'}",
        "{'type':'string','pattern':'\\\\s\"|\\\\n','maxLength':9}",
        "{'type':'string','pattern':'[^\\\\s]\\\\S.'}",
        "{'type':'integer'}",
        "{'type':'integer','minimum':-12,'maximum':345}",
        "{'type':'integer','exclusiveMinimum':99,'exclusiveMaximum':1000}",
        "{'type':'integer','minimum':1.5,'multipleOf':7}",
        "{'type':'integer','maximum':-100}",
        "{'type':'number'}",
        "{'type':'number','minimum':-1,'maximum':1}",
        "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':2}",
        "{'type':'number','minimum':0,'exclusiveMaximum':100}",
        "{'type':'number','maximum':-5}",
        "{'type':'number','multipleOf':3}",
        "{'type':'boolean'}",
        "{'type':'null'}",
        "{'type':['null','integer','string'],'minLength':2}",
        "{'enum':['red','gr\\u00fcn',1.5,null,{'a':[1,'x']}]}",
        "{'type':'string','enum':['a\"b','c\\\\d']}",
        "{'const':{'b':[true,'\\n']}}",
        "{'type':'array','items':{'type':'integer'},'minItems':2,'maxItems':4}",
        "{'type':'array','items':false}",
        "{'type':'array','prefixItems':[{'type':'integer'},{'type':'boolean'}],'minItems':1}",
        "{'type':'array','prefixItems':[{'type':'null'},{'type':'boolean'}],'items':{'type':'integer'},'minItems':3,'maxItems':5}",
        "{'type':'array','prefixItems':[{'type':'null'},{'type':'boolean'}],'items':{'type':'integer'},'maxItems':1}",
        "{'type':'array'}",
        "{'type':'object'}",
        "{'type':'object','additionalProperties':true}",
        "{'type':'object','additionalProperties':{'type':'array','items':{'type':'boolean'}}}",
        "{'properties':{'a':{'type':'integer'},'b\"':{'type':'string'},'c':{}},'required':['b\"'],'additionalProperties':false}",
        "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'null'}},'additionalProperties':false}",
        "{'anyOf':[{'type':'integer'},{'type':'object','properties':{'a':{'type':'null'}},'required':['a']}]}",
        "{'oneOf':[{'type':'integer'},{'type':'string'},{'type':'null'}]}",
        "{'oneOf':[{'type':'object','properties':{'kind':{'const':'a'},'x':{'type':'integer'}},'required':['kind']},"
            + "{'type':'object','properties':{'kind':{'const':'b'},'y':{'type':'integer'}},'required':['kind','y']}]}",
        "{'$ref':'#/$defs/tree','$defs':{'tree':{'type':'object','properties':{'value':{'type':'integer'},"
            + "'children':{'type':'array','items':{'$ref':'#/$defs/tree'}}},'required':['value','children']}}}",
        "{'type':'array','items':{'anyOf':[{'$ref':'#'},{'type':'boolean'}]},'title':'t','description':'d'}",
        "{'const':'cat','enum':['cat'],'type':'string'}",
        "{'discriminator':{'propertyName':'kind'},'oneOf':[{'type':'object','required':['kind'],'properties':{'kind':{'const':'frog'}}},{'type':'object','required':['kind'],'properties':{'kind':{'const':'owl'}}}]}",
        "{'anyOf':[{'type':'number'},{'type':'string','pattern':'^(?!^[-+.]*$)[+-]?0*\\\\d*\\\\.?\\\\d*$'}]}",
        "{'type':'number','minimum':0.25,'maximum':1.5}",
        "{'type':'number','exclusiveMinimum':-1.5,'exclusiveMaximum':0.125}",
        "{'type':'number','maximum':1.5}",
        "{'type':'number','multipleOf':0.01}",
        "{'type':'number','multipleOf':0.5,'minimum':0}",
        "{'type':'number','multipleOf':2.5,'maximum':100.5}",
        "{'type':'integer','multipleOf':0.5}",
        "{'type':'integer','minimum':0.5,'exclusiveMaximum':7.5}",
        "{'type':'object','additionalProperties':{'type':'integer'},'propertyNames':{'$ref':'#/$defs/C'},'$defs':{'C':{'enum':['red','green'],'type':'string'}}}",
        "{'type':'object','properties':{'a':{'type':'integer'}},'additionalProperties':{'type':'string'}}",
        "{'type':'object','properties':{'a':{'type':'integer'}},'additionalProperties':true}",
        "{'type':'object','required':['x']}",
        "{'type':'array','items':{'enum':['a','b','c']},'uniqueItems':true,'minItems':2}",
        "{'allOf':[{'type':'object','properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'b':{'type':'string'}},'required':['b']}]}",
        "{'type':'object','anyOf':[{'required':['a']},{'required':['b']}],'properties':{'a':{'type':'integer'},'b':{'type':'integer'}}}",
        "{'type':'string','format':'date'}",
        "{'type':'string','format':'time'}",
        "{'type':'string','format':'date-time'}",
        "{'type':'string','format':'duration'}",
        "{'type':'string','format':'email'}",
        "{'type':'string','format':'uuid'}",
        "{'type':'string','format':'uri'}",
        "{'type':'string','format':'ipv4'}",
        "{'type':'string','format':'ipv6'}",
        "{'type':'string','format':'hostname'}",
        "{'type':'string','format':'idn-hostname'}",
        "{'type':'string','format':'uri-reference'}",
        "{'type':'string','format':'uri-template'}",
        "{'type':'string','format':'json-pointer'}",
        "{'type':'string','format':'relative-json-pointer'}",
        "{'type':'object','oneOf':[{'properties':{'k':{'const':1}},'required':['k']},{'properties':{'k':{'enum':[2,3]}},'required':['k']}]}",
        "{'type':'object','properties':{'a':{'type':'null'}},'required':['a'],'unevaluatedProperties':false}",
        "{'type':'array','prefixItems':[{'type':'null'}],'unevaluatedItems':false}",
        "{'type':'object','patternProperties':{'^S_':{'type':'string'},'^I_':{'type':'integer'}},'additionalProperties':false}",
        "{'type':'object','patternProperties':{'^S_':{'type':'string'}},'additionalProperties':{'type':'boolean'},'properties':{'z':{'type':'null'}}}",
        "{'type':'object','minProperties':1}",
        "{'type':'object','maxProperties':2,'additionalProperties':{'type':'integer'}}",
        "{'type':'object','minProperties':2,'maxProperties':3,'properties':{'a':{'type':'integer'},'b':{'type':'integer'},'c':{'type':'null'},'d':{'type':'null'}}}",
        "{'$ref':'#/$defs/A','description':'x','$defs':{'A':{'type':'string','minLength':2}},'maxLength':4}",
        "{'type':'object','propertyNames':{'pattern':'^[a-z]+$','maxLength':4},'additionalProperties':{'type':'integer'}}",
        "{'const':1e2}",
        "{'allOf':[{'maxLength':3},{'items':{'type':'null'}},{'title':'x'}]}",
        "{'enum':[1.0,2.50,1e40,-0.0]}",
        "{'type':['string','null'],'enum':['a',null,3]}",
        "{'type':'integer','enum':[1,2,3],'minimum':2}",
        "{'type':'string','pattern':'\\\\p{L}+'}",
        "{'type':'string','pattern':'(^a$)|(^b$)'}",
        "{'properties':{'a':{'$ref':'#'}}}",
        "{'type':'object'}",
        "{'type':'object','properties':{}}",
        "{'type':'array','items':{'type':'string'},'uniqueItems':true}",
        "{'type':'array','items':{'type':'integer'},'uniqueItems':true,'minItems':3}",
        "{'type':'array','items':{'type':'string','maxLength':5},'uniqueItems':true,'maxItems':6}",
        "{'type':'array','items':{'type':'integer','minimum':1,'maximum':40},'uniqueItems':true}",
        "{'type':'array','items':{'type':'string','maxLength':5},'uniqueItems':true,'minItems':34}",
        "{'$ref':'#/$defs/a','$defs':{'a':{'anyOf':[{'type':'null'},{'type':'array','items':{'$ref':'#/$defs/a','description':'more'}}]}}}",
        "{'type':'object','properties':{'who':{'type':'string','maxLength':8},'age':{'type':'integer','minimum':0,'maximum':150},"
            + "'tags':{'type':'array','items':{'enum':['x','y']},'minItems':1},'note':{'type':['string','null']}},"
            + "'required':['who','age','tags']}"
      })
  void everythingThatIsWrittenFitsTheSchema(String singleQuoted) {
    String schemaText = quotes(singleQuoted);
    Constraint constraint = Constraint.jsonSchema(schemaText);
    Schema schema = REGISTRY.getSchema(schemaText);
    RandomWriter writer = new RandomWriter(TOKENIZER, 3);
    int fewest = writer.fewestTokens(constraint);
    for (int i = 0; i < 120; i++) {
      String text = writer.write(constraint, fewest + i % 40, 0.3);
      assertEquals(
          List.of(),
          schema.validate(
              text,
              InputFormat.JSON,
              context -> context.executionConfig(config -> config.formatAssertionsEnabled(true))),
          text);
      assertTrue(constraint.matches(text), text);
    }
  }

  /** Schemas stand above with single quotes; an inner double quote needs a backslash in JSON. */
  private static String quotes(String singleQuoted) {
    return singleQuoted.replace("\"", "\\\"").replace('\'', '"');
  }

  @Test
  void anIntegerOfTheFormatInt32FitsIntoAnInt() {
    Constraint constraint =
        Constraint.jsonSchema("{\"type\":\"integer\",\"format\":\"int32\",\"maximum\":1e12}");
    for (String fits : List.of("0", "2147483647", "-2147483648")) {
      assertTrue(constraint.matches(fits), fits);
    }
    for (String other : List.of("2147483648", "-2147483649", "123456789012345678", "1.5")) {
      assertFalse(constraint.matches(other), other);
    }
    assertTrue(
        Constraint.jsonSchema("{\"type\":\"integer\",\"format\":\"int64\"}").matches("2147483648"));
  }

  @Test
  void whatFitsIsWrittenInTheOrderOfTheSchema() {
    Constraint constraint =
        Constraint.jsonSchema(
            """
            {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"},\
            "c":{"type":"null"}},"required":["b"]}\
            """);
    for (String fits :
        List.of(
            "{\"b\":true}",
            "{\"a\":-7,\"b\":false}",
            "{\"a\": 0, \"b\": true, \"c\": null}",
            "{\"b\":true,\"c\":null}")) {
      assertTrue(constraint.matches(fits), fits);
    }
    for (String other :
        List.of(
            "{}",
            "{\"a\":1}",
            "{\"b\":true,\"a\":1}",
            "{\"a\":01,\"b\":true}",
            "{\"a\":1.5,\"b\":true}",
            "{\"b\":true,}",
            "{,\"b\":true}",
            "{\"b\":true,\"d\":1}",
            "{\"b\":true}}",
            "{ \"b\":true}",
            "{\"b\":tru")) {
      assertFalse(constraint.matches(other), other);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'$ref':'node','$id':'http://x.org/tree','$defs':{'a':{'$id':'node','type':'null'}}} |"
            + " null",
        "{'$ref':'http://x.org/b#/$defs/c','$id':'http://x.org/a','$defs':{'b':{'$id':'/b','$ref':"
            + "'#/$defs/c','$defs':{'c':{'const':1}}},'c':{'const':2}}} | 1",
        "{'$ref':'#here','$defs':{'a':{'enum':[{'$anchor':'here','const':1}]},'b':{'$anchor':'here','const':2}}}"
            + " | 2",
        "{'$ref':'a#here','$defs':{'a':{'$id':'a','allOf':[{'$id':'b','$anchor':'here','const':1},"
            + "{'$anchor':'here','const':2}]}}} | 2",
        "{'$ref':'#/$defs/a~1b/const','$defs':{'a/b':{'const':{'const':1}}}} | 1",
        "{'$ref':'#/$defs/%25%20','$defs':{'% ':{'const':1}}} | 1",
        "{'$ref':'urn:x:1#/$defs/a','$defs':{'a':{'const':1},'b':{'$id':'urn:x:1','$defs':{'a':"
            + "{'const':2}}}}} | 2"
      })
  void referencesLeadWhereTheirIdentifiersSay(String schema, String only) {
    Constraint constraint = Constraint.jsonSchema(quotes(schema));
    assertTrue(constraint.matches(only));
    for (String other : List.of("null", "1", "2")) {
      assertEquals(other.equals(only), constraint.matches(other), other);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1e2, 100, 1e2",
    "1.0, 1, 1.0",
    "2.50, 2.5, 2.50",
    "-0.0, 0, 0.0",
    "1e-7, 0.0000001, 1e-7"
  })
  void aNumberIsWrittenPlainlyAndAsTheSchemaWritesIt(String number, String plain, String same) {
    Constraint constraint = Constraint.jsonSchema("{\"const\":" + number + "}");
    assertTrue(constraint.matches(plain));
    assertTrue(constraint.matches(same));
  }

  @Test
  void jsonIsJson() {
    Constraint json = Constraint.json();
    for (String fits :
        List.of(
            "{\"a\": [1, 2.5e3, -0, {\"\": \"x\\n\\u00e9\"}], \"b\":[]}",
            "[[[]]]",
            "\"é 😀 \\ud7ff\"",
            "null",
            "-1.5E+9")) {
      assertTrue(json.matches(fits), fits);
    }
    for (String other :
        List.of(
            "",
            "[1,]",
            "{\"a\"}",
            "01",
            "1.",
            ".5",
            "+1",
            "nul",
            "\"\t\"",
            "\"\\ud800\"",
            "'a'",
            "[1 2]",
            "NaN")) {
      assertFalse(json.matches(other), other);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '%',
      value = {
        "{\"not\":{}} % schema: #: the keyword 'not' is not supported",
        "{\"properties\":{\"a\":{\"contains\":{}}}} % schema: #/properties/a: the keyword"
            + " 'contains' is not supported",
        "{\"if\":{},\"then\":{}} % the keyword 'if' is not supported",
        "{\"type\":\"array\",\"uniqueItems\":true} % schema: #/uniqueItems: uniqueItems is"
            + " supported for strings and integers",
        "{\"type\":\"object\",\"minProperties\":2} % schema: #/minProperties: minProperties above 1"
            + " is supported only where",
        "{\"type\":\"number\",\"multipleOf\":0.12345} % schema: #/multipleOf: the divisor 0.12345"
            + " has too many digits",
        "{\"type\":\"number\",\"multipleOf\":-1} % schema: #/multipleOf: expected a number above 0",
        "{\"type\":\"integer\",\"minimum\":5,\"maximum\":4} % no text fits it",
        "{\"type\":\"text\"} % schema: #/type: expected null, boolean, integer",
        "{\"anyOf\":[]} % schema: #/anyOf: the list of schemas is empty",
        "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]} % no text fits it",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]} % the alternative may overlap"
            + " with #/oneOf/0",
        "{\"oneOf\":[{\"enum\":[1]},{\"enum\":[1.0]}]} % the alternative may overlap with"
            + " #/oneOf/0",
        "{\"oneOf\":[{\"enum\":[1]},{\"enum\":[1.0]}]} % the alternative may overlap with"
            + " #/oneOf/0",
        "{\"oneOf\":[{\"enum\":[[1]]},{\"enum\":[[1.0]]}]} % the alternative may overlap with"
            + " #/oneOf/0",
        "{\"oneOf\":[{\"minLength\":2},{\"minimum\":3}]} % the alternative may overlap with"
            + " #/oneOf/0",
        "{\"type\":\"object\",\"unevaluatedProperties\":false} % the keyword"
            + " 'unevaluatedProperties' is not supported",
        "{\"type\":\"array\",\"unevaluatedItems\":false} % the keyword 'unevaluatedItems' is not"
            + " supported",
        "{\"$ref\":\"other.json\"} % schema: #/$ref: expected a reference within the schema",
        "{\"$ref\":\"#/$defs/x\"} % schema: #/$ref: the schema has no part",
        "{\"$ref\":\"#\"} % schema: #: the definition refers to itself before it writes anything",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]} % refers to itself before it writes"
            + " anything",
        "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]} % no text fits it",
        "{\"type\":\"string\",\"pattern\":\"a(?>b)\"} % schema: #/pattern: regex 'a(?>b)': at"
            + " character 1",
        "{\"type\":\"string\",\"minLength\":2,\"maxLength\":1} % no text fits it",
        "{\"type\":\"string\",\"enum\":[1]} % no text fits it",
        "false % no text fits it",
        "{\"a\":1,\"a\":2} % schema: a key stands here for the second time",
        "{ % schema: the JSON ends too early",
        "{a} % schema: this is not JSON"
      })
  void whatIsNotSupportedIsRefusedByName(String schema, String message) {
    String found =
        assertThrows(IllegalArgumentException.class, () -> Constraint.jsonSchema(schema))
            .getMessage();
    assertTrue(found.contains(message), found);
    assertEquals(1, found.lines().count());
  }

  @Test
  void lengthsAreCountedToTheLast() {
    Constraint upTo = Constraint.jsonSchema("{\"type\":\"string\",\"maxLength\":2000}");
    Constraint atLeast = Constraint.jsonSchema("{\"type\":\"string\",\"minLength\":1200}");
    for (String character : List.of("a", "é", "😀", "\\n", "\\u00e9")) {
      assertTrue(upTo.matches('"' + character.repeat(2000) + '"'));
      assertFalse(upTo.matches('"' + character.repeat(2001) + '"'));
      assertTrue(atLeast.matches('"' + character.repeat(1200) + '"'));
      assertTrue(atLeast.matches('"' + character.repeat(5000) + '"'));
      assertFalse(atLeast.matches('"' + character.repeat(1199) + '"'));
    }
    Constraint both =
        Constraint.jsonSchema(
            "{\"type\":\"string\",\"pattern\":\"^(a|bc|d{500})*$\",\"maxLength\":1600}");
    assertTrue(both.matches('"' + "bc".repeat(800) + '"'));
    assertTrue(both.matches('"' + "d".repeat(1500) + "bc".repeat(50) + '"'));
    assertFalse(both.matches('"' + "bc".repeat(801) + '"'));
    assertFalse(both.matches('"' + "d".repeat(1499) + '"'));
  }

  @Test
  void thousandsOfListedValuesTakeLittleTime() {
    String values =
        IntStream.range(0, 10_000).mapToObj(i -> "\"value " + i + "\"").collect(joining(","));
    Constraint constraint =
        assertTimeout(
            Duration.ofSeconds(20),
            () -> Constraint.jsonSchema("{\"enum\":[%s],\"type\":\"string\"}".formatted(values)));
    assertTrue(constraint.matches("\"value 9999\""));
    assertFalse(constraint.matches("\"value 10000\""));
  }

  @Test
  void manyLongStringsAreOneRuleEach() {
    StringBuilder properties = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      properties
          .append(i == 0 ? "" : ",")
          .append("\"p%d\":{\"type\":\"string\",\"maxLength\":%d}".formatted(i, 2000 + i));
    }
    Constraint constraint =
        Constraint.jsonSchema(
            "{\"type\":\"object\",\"properties\":{%s},\"required\":[\"p19\"]}"
                .formatted(properties));
    assertTrue(constraint.matches("{\"p19\":\"" + "x".repeat(2019) + "\"}"));
    assertFalse(constraint.matches("{\"p19\":\"" + "x".repeat(2020) + "\"}"));
  }

  @Test
  void aSchemaWithAnIdOfItsOwnIsPutIntoAnotherAsItIs() {
    String city =
        """
        {"$id":"%s","type":"object","properties":{"to":{"$ref":"#/$defs/place"}},\
        "required":["to"],"$defs":{"place":{"type":"%s"}}}\
        """;
    Constraint calls =
        Constraint.jsonSchema(
            "{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":["
                + call("go", city.formatted("one", "string"))
                + ","
                + call("stay", city.formatted("two", "integer"))
                + "]}}");
    assertTrue(calls.matches("[{\"name\": \"go\", \"arguments\": {\"to\": \"x\"}}]"));
    assertTrue(
        calls.matches(
            "[{\"name\":\"stay\",\"arguments\":{\"to\":3}},{\"name\":\"go\",\"arguments\":{\"to\":\"\"}}]"));
    assertFalse(calls.matches("[{\"name\":\"go\",\"arguments\":{\"to\":3}}]"));
  }

  private static String call(String name, String arguments) {
    return "{\"type\":\"object\",\"properties\":{\"name\":{\"const\":\"%s\"},\"arguments\":%s},"
            .formatted(name, arguments)
        + "\"required\":[\"name\",\"arguments\"],\"additionalProperties\":false}";
  }

  @Test
  void addressesOfLocalServersNewDomainsAndHighPortsFitTheFormatUri() {
    Constraint uri = Constraint.jsonSchema("{\"type\":\"string\",\"format\":\"uri\"}");
    for (String address :
        List.of(
            "http://localhost:8080/v1/models",
            "http://127.0.0.1:65535/",
            "https://web.dev/a?b=c#d",
            "https://jmixtral.app")) {
      assertTrue(uri.matches("\"" + address + "\""), address);
    }
    for (String address : List.of("localhost", "http://localhost:65536/", "http://256.1.1.1/")) {
      assertFalse(uri.matches("\"" + address + "\""), address);
    }
  }
}
