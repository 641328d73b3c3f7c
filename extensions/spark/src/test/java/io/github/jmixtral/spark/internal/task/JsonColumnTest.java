package io.github.jmixtral.spark.internal.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonColumnTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'string'} | string",
        "{'type':'integer'} | bigint",
        "{'type':'number'} | double",
        "{'type':'boolean'} | boolean",
        "{'type':['integer','null']} | bigint",
        "{'type':['integer','string']} | string",
        "{'enum':['a','b']} | string",
        "{'enum':[1,2,null]} | bigint",
        "{'const':true} | boolean",
        "{'enum':[1,'a']} | string",
        "{'type':'array','items':{'type':'number'}} | array<double>",
        "{'type':'array'} | string",
        "{'type':'array','prefixItems':[{'type':'string'}]} | string",
        "{'type':'object','properties':{'a':{'type':'integer'},'b':{}}} |"
            + " struct<a:bigint,b:string>",
        "{'properties':{'a':{'anyOf':[{'type':'integer'},{'type':'null'}]}}} | struct<a:bigint>",
        "{'properties':{'a':{'anyOf':[{'type':'integer'},{'type':'string'}]}}} | struct<a:string>",
        "{'type':'object','additionalProperties':{'type':'boolean'}} | map<string,boolean>",
        "{'type':'object','additionalProperties':true} | string",
        "{'properties':{'a':{'type':'integer'}},'additionalProperties':{'type':'string'}} | string",
        "{'properties':{'a':{'type':'integer'}},'additionalProperties':false} | struct<a:bigint>",
        "{'properties':{'a':{'type':'integer'},'A':{'type':'integer'}}} | string",
        "{'$ref':'#/$defs/n','$defs':{'n':{'type':'number'}}} | double",
        "{'properties':{'a':{'$ref':'#/$defs/p'},'b':{'$ref':'#/$defs/p','title':'t'}},"
            + "'$defs':{'p':{'properties':{'x':{'type':'integer'}}}}}"
            + " | struct<a:struct<x:bigint>,b:struct<x:bigint>>",
        "{'properties':{'a':{'type':'integer'},'next':{'$ref':'#'}}} |"
            + " struct<a:bigint,next:string>",
        "{'allOf':[{'type':'integer'}]} | string",
        "true | string"
      })
  void schemasBecomeTypes(String schema, String type) {
    assertEquals(type, JsonColumn.of(schema.replace('\'', '"')).simpleString());
  }
}
