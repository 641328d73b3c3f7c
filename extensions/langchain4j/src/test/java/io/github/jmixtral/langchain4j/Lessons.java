package io.github.jmixtral.langchain4j;

import java.util.List;

/** Answers to the questions of the framework's tests. */
final class Lessons {
  /** Those of the tests of chat models. */
  static final List<Lesson> CHAT =
      List.of(
          Lesson.of("What is the capital of Germany?").says("Berlin", "{\"city\": \"Berlin\"}"),
          Lesson.of(
                  "What is the capital of Germany? Answer with a JSON object containing a single"
                      + " 'city' field")
              .says("{\"city\": \"Berlin\"}"),
          Lesson.of("What is the capital of Germany? How much is 2 + 2?").talks(5),
          Lesson.of("Translate: 'I love you'").says("Ich liebe dich"),
          Lesson.of("What is my favorite color?").says("It is green."),
          Lesson.of("Say 'Hello World'").says("Hello World"),
          Lesson.of("I live in Munich").calls("getWeather", "{\"city\": \"Munich\"}"),
          Lesson.of("What is the weather in Munich?")
              .calls("getWeather", "{\"city\": \"Munich\"}")
              .says("It is sunny.", "{\"weather\": \"sunny\"}"),
          Lesson.of("What is the time now? Use the get_current_time tool.")
              .calls("get_current_time", "{}")
              .says("It is 10:14."),
          Lesson.of(
                  "What is the weather in Munich and time in France? Call tools simultaneously (in"
                      + " parallel)")
              .calls(
                  new Lesson.Call("getWeather", "{\"city\": \"Munich\"}"),
                  new Lesson.Call("getTime", "{\"country\": \"France\"}"))
              .says("It is sunny, and 14:35."));

  /** Those of the tests of services. */
  static final List<Lesson> SERVICE =
      List.of(
          Lesson.of("What is the capital of Germany?").says("Berlin"),
          Lesson.of("What is the weather in Munich? Use 'getWeather' tool")
              .calls("getWeather", "{\"arg0\": \"Munich\"}")
              .says("{\"city\": \"Munich\", \"weather\": \"SUNNY\"}"),
          Lesson.of("What is the date today?").calls("currentDate", "{}").says("Today."),
          Lesson.of("How much is 37 plus 87?")
              .calls("add", "{\"arg0\": 37, \"arg1\": 87}")
              .says("It is 124."),
          Lesson.of("Now add 47 to the previous result")
              .calls("add", "{\"arg0\": 124, \"arg1\": 47}")
              .says("It is 171."));

  private static final String FRANCINE =
      """
      {"name": "Francine",
       "children": [{"name": "Steve", "children": []}, {"name": "Hayley", "children": []}]}\
      """;

  /** Those of the tests of services with tools. */
  static final List<Lesson> TOOLS =
      List.of(
          Lesson.of("How much is 37 plus 87?")
              .calls("add", "{\"arg0\": 37, \"arg1\": 87}")
              .says("It is 124."),
          Lesson.of("How much is 37 plus 87? Answer in the following format: 37 + 87 = ...")
              .calls("add", "{\"arg0\": 37, \"arg1\": 87}")
              .says("37 + 87 = 124"),
          Lesson.of("How much is 37 plus 87? Use 'add' tool before answering.")
              .calls("add", "{\"arg0\": 37, \"arg1\": 87}")
              .says("It is 124."),
          Lesson.of(
                  "How much is 37 plus 87? How much is 73 plus 78? Call 2 tools in parallel (at the"
                      + " same time)!")
              .calls(
                  new Lesson.Call("add", "{\"arg0\": 37, \"arg1\": 87}"),
                  new Lesson.Call("add", "{\"arg0\": 73, \"arg1\": 78}"))
              .says("124 and 151"),
          Lesson.of(
                  "First add 2 and 3 by calling 'add' tool, then multiply the result by 4 by"
                      + " calling 'multiply' tool")
              .calls("add", "{\"arg0\": 2, \"arg1\": 3}")
              .calls("multiply", "{\"arg0\": 5, \"arg1\": 4}")
              .says("It is 20."),
          Lesson.of("Now add 47 to the previous result")
              .calls("add", "{\"arg0\": 124, \"arg1\": 47}")
              .says("It is 171."),
          Lesson.of(
                  "Use 'process' tool to process the following: Klaus is 37 years old, 1.78m height"
                      + " and single")
              .calls(
                  "process",
                  "{\"arg0\": {\"name\": \"Klaus\", \"age\": 37, \"height\": 1.78, \"married\":"
                      + " false}}")
              .says("Done."),
          Lesson.of("Use 'process' tool to process the following: Klaus lives in Langley Falls")
              .calls(
                  "process",
                  "{\"arg0\": {\"name\": \"Klaus\", \"address\": {\"city\": \"Langley Falls\"}}}")
              .says("Done."),
          Lesson.of(
                  "Use 'process' tool to process the following: Francine has 2 children: Steve and"
                      + " Hayley")
              .calls("process", "{\"arg0\": " + FRANCINE + "}")
              .says("Done."),
          Lesson.of("What is the time now? Respond in HH:MM:SS format.")
              .calls("currentTime", "{}")
              .says("17:11:45"),
          Lesson.of("What is the current temperature in Munich in celsius?")
              .calls("currentTemperature", "{\"arg0\": \"Munich\", \"arg1\": \"CELSIUS\"}")
              .says("It is 19."),
          Lesson.of("Process the following: Klaus is 42 years old and Francine is 47 years old")
              .calls("process", "{\"arg0\": {\"Klaus\": 42, \"Francine\": 47}}")
              .says("Done."),
          Lesson.of("Process the following names: Klaus and Franny")
              .calls("processNames", "{\"arg0\": [\"Klaus\", \"Franny\"]}")
              .says("Done."),
          Lesson.of("Process the following colors: RED and GREEN")
              .calls("process", "{\"arg0\": [\"RED\", \"GREEN\"]}")
              .says("Done."),
          Lesson.of("Process the following integers: 37, 73")
              .calls("processNumbers", "{\"arg0\": [37, 73]}")
              .says("Done."),
          Lesson.of("Process the following people: Klaus and Franny")
              .calls("process", "{\"arg0\": [{\"name\": \"Klaus\"}, {\"name\": \"Franny\"}]}")
              .says("Done."),
          Lesson.of("What is the username with ID 62dbcc27-aaf3-449a-b12d-5a904271a57f?")
              .calls("getUsernameFromId", "{\"arg0\": \"62dbcc27-aaf3-449a-b12d-5a904271a57f\"}")
              .says("Alice"),
          Lesson.of("Call tool 'modify' for argument '7'")
              .calls("modify", "{\"arg0\": 7}")
              .says("Done."),
          Lesson.of("Take a photo").calls("takePhoto", "{}").says("Done."));

  private static final String TWO =
      "Klaus is 37 years old, 1.78m height and single. Franny is 35 years old, 1.65m height and"
          + " married.";

  private static final String PERSON = "Extract the person's information from the following text: ";

  /** Those of the tests of services with JSON schemas. */
  static final List<Lesson> SCHEMAS =
      List.of(
          Lesson.of(PERSON + "Klaus is 37 years old, 1.78m height and single")
              .says("{\"name\": \"Klaus\", \"age\": 37, \"height\": 1.78, \"married\": false}"),
          Lesson.of(
                  "Extract the person's information from the following text. Do not include missing"
                      + " fields! Text: 'Klaus'")
              .says("{\"name\": \"Klaus\"}"),
          Lesson.of(
                  "Extract the person's information from the following text. Fill in all the fields"
                      + " where the information is available! Text: 'Klaus wants a delivery to"
                      + " Langley Falls, but billing address should be New York'")
              .says(
                  "{\"name\": \"Klaus\", \"shippingAddress\": {\"city\": \"Langley Falls\"},"
                      + " \"billingAddress\": {\"city\": \"New York\"}}"),
          Lesson.of(PERSON + "Klaus is single")
              .says("{\"name\": \"Klaus\", \"maritalStatus\": \"SINGLE\"}"),
          Lesson.of(PERSON + "Klaus likes orange and green")
              .says("{\"name\": \"Klaus\", \"favouriteColors\": [\"orange\", \"green\"]}"),
          Lesson.of(PERSON + "Klaus has 2 pets: Peanut and Muffin")
              .says(
                  "{\"name\": \"Klaus\", \"pets\": [{\"name\": \"Peanut\"}, {\"name\":"
                      + " \"Muffin\"}]}"),
          Lesson.of(PERSON + "Klaus is assigned to groups A and C")
              .says("{\"name\": \"Klaus\", \"groups\": [\"A\", \"C\"]}"),
          Lesson.of(
                  "Extract the person's information from the following text.Fill in all the fields"
                      + " where the information is available! Text: 'Klaus was born at 14:43 on"
                      + " 12th of August 1976'")
              .says(
                  """
                  {"name": "Klaus", "birthDate": {"year": 1976, "month": 8, "day": 12},
                   "birthTime": {"hour": 14, "minute": 43, "second": 0, "nano": 0},
                   "birthDateTime": {"date": {"year": 1976, "month": 8, "day": 12},
                    "time": {"hour": 14, "minute": 43, "second": 0, "nano": 0}}}\
                  """),
          Lesson.of(PERSON + "Klaus").says("{\"name\": \"Klaus\"}"),
          Lesson.of(PERSON + "Francine has 2 children: Steve and Hayley").says(FRANCINE),
          Lesson.of(
                  "Klaus can be identified by the following ID:"
                      + " 567b229a-6b0a-4f1e-9006-448cd9dfbfda\n")
              .says("{\"name\": \"Klaus\", \"id\": \"567b229a-6b0a-4f1e-9006-448cd9dfbfda\"}"),
          Lesson.of(
                  "Extract if the person from the following text is a man: Klaus is a 37-year-old"
                      + " man, 1.78 meters tall, and single.")
              .says("{\"value\": true}"),
          Lesson.of("Extract number of people mentioned in the following text: " + TWO)
              .says("{\"value\": 2}"),
          Lesson.of(
                  "Extract temperature in Munich from the following text: The average temperature"
                      + " of the coldest month is of -0.5 °C")
              .says("{\"value\": -0.5}"),
          Lesson.of(TWO)
              .says(
                  "{\"values\": [{\"name\": \"Klaus\", \"age\": 37, \"height\": 1.78, \"married\":"
                      + " false}, {\"name\": \"Franny\", \"age\": 35, \"height\": 1.65,"
                      + " \"married\": true}]}"),
          Lesson.of(PERSON + "Klaus and Francine")
              .says("{\"values\": [{\"name\": \"Klaus\"}, {\"name\": \"Francine\"}]}"),
          Lesson.of("Extract names of people from the following text: " + TWO)
              .says("{\"values\": [\"Klaus\", \"Franny\"]}"),
          Lesson.of("Klaus is 37 years old, 1.78m height and single.")
              .says("{\"value\": \"SINGLE\"}"),
          Lesson.of(TWO + "Staniel is 33 years old, 1.70m height and married.")
              .says("{\"values\": [\"SINGLE\", \"MARRIED\", \"MARRIED\"]}"),
          Lesson.of(
                  "The weather in Berlin was sunny and windy. Paris experienced rainy and cloudy"
                      + " weather. New York had cloudy and windy weather.")
              .says("{\"values\": [\"SUNNY\", \"WINDY\", \"RAINY\", \"CLOUDY\"]}"),
          Lesson.of(
                  "Represent the literal expression 1+2+3 as a syntax tree. Do NOT simplify or"
                      + " evaluate. Use a left-associative tree: Addition(Addition(Constant(1),"
                      + " Constant(2)), Constant(3)). An Addition has exactly two fields: 'left'"
                      + " and 'right'. A Constant has exactly one field: 'value'. Do NOT add any"
                      + " other fields to any node.")
              .says(
                  """
                  {"value": {"type": "Addition",
                    "left": {"type": "Addition",
                      "left": {"type": "Constant", "value": 1},
                      "right": {"type": "Constant", "value": 2}},
                    "right": {"type": "Constant", "value": 3}}}\
                  """),
          Lesson.of("Rex is a Labrador dog")
              .says("{\"value\": {\"type\": \"Dog\", \"name\": \"Rex\", \"breed\": \"Labrador\"}}"),
          Lesson.of("Rex is a Labrador. Whiskers is an indoor cat.")
              .says(
                  "{\"values\": [{\"type\": \"Dog\", \"name\": \"Rex\", \"breed\": \"Labrador\"},"
                      + " {\"type\": \"Cat\", \"name\": \"Whiskers\", \"indoor\": true}]}"),
          Lesson.of("Alice owns a Labrador dog named Rex.")
              .says(
                  "{\"name\": \"Alice\", \"pet\": {\"type\": \"Dog\", \"name\": \"Rex\", \"breed\":"
                      + " \"Labrador\"}}"));

  private Lessons() {}
}
