// OpenAI's client for JavaScript against a server: node openai.mjs BASE_URL BASE_URL_WITH_TOOLS
// Prints a line for each check; the first that fails ends it.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({baseURL: process.argv[2], apiKey: "none", maxRetries: 0});
const caller = new OpenAI({baseURL: process.argv[3], apiKey: "none", maxRetries: 0});
const model = "storyteller";
const chat = {
  model,
  messages: [{role: "user", content: "Write a story about a duck."}],
  temperature: 0,
  max_completion_tokens: 12
};

async function check(name, action) {
  await action();
  console.log("good: " + name);
}

let answer;
await check("chat and usage", async () => {
  answer = await client.chat.completions.create(chat);
  assert.equal(answer.choices[0].finish_reason, "length");
  assert.equal(answer.usage.completion_tokens, 12);
  assert.equal(answer.usage.total_tokens, 12 + answer.usage.prompt_tokens);
});

await check("stream and usage", async () => {
  let text = "", usage = null;
  const stream = await client.chat.completions.create({...chat, stream: true, stream_options: {include_usage: true}});
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, answer.choices[0].message.content);
  assert.deepEqual(usage.completion_tokens, 12);
});

await check("the stream helper", async () => {
  const runner = client.chat.completions.stream(chat);
  assert.equal(await runner.finalContent(), answer.choices[0].message.content);
});

await check("stop", async () => {
  const stop = answer.choices[0].message.content.trim().split(" ")[2];
  const stopped = await client.chat.completions.create({...chat, stop: [stop]});
  assert.equal(stopped.choices[0].finish_reason, "stop");
  assert.ok(!stopped.choices[0].message.content.includes(stop));
});

await check("seed", async () => {
  const sampled = {...chat, temperature: 1.5, seed: 7};
  const [one, two] = [await client.chat.completions.create(sampled), await client.chat.completions.create(sampled)];
  assert.equal(one.choices[0].message.content, two.choices[0].message.content);
});

await check("logprobs", async () => {
  const {choices} = await client.chat.completions.create({...chat, logprobs: true, top_logprobs: 2});
  assert.equal(choices[0].logprobs.content.length, 12);
  assert.equal(choices[0].logprobs.content[0].top_logprobs.length, 2);
});

const schema = {
  type: "object",
  properties: {city: {enum: ["Rome", "Oslo"]}},
  required: ["city"],
  additionalProperties: false
};

await check("json_schema", async () => {
  const {choices} = await client.chat.completions.create({
    ...chat, max_completion_tokens: 60, response_format: {type: "json_schema", json_schema: {name: "place", schema}}
  });
  assert.ok(["Rome", "Oslo"].includes(JSON.parse(choices[0].message.content).city));
});

await check("tools, as a whole and streamed", async () => {
  const request = {
    ...chat,
    max_completion_tokens: 120,
    tools: [{type: "function", function: {name: "weather", parameters: schema}}],
    tool_choice: "required"
  };
  const whole = await caller.chat.completions.create(request);
  assert.equal(whole.choices[0].finish_reason, "tool_calls");
  const call = whole.choices[0].message.tool_calls[0].function;
  assert.equal(call.name, "weather");
  assert.ok(["Rome", "Oslo"].includes(JSON.parse(call.arguments).city));
  const streamed = (await caller.chat.completions.stream(request).finalMessage()).tool_calls[0].function;
  assert.equal(streamed.arguments, call.arguments);
});

await check("embeddings", async () => {
  const {data} = await client.embeddings.create({model, input: ["A duck.", "A fox."]});
  assert.equal(data.length, 2);
  const length = Math.hypot(...data[0].embedding);
  assert.ok(Math.abs(length - 1) < 1e-3, "length " + length);
});

await check("responses", async () => {
  const response = await client.responses.create({model, input: chat.messages[0].content, temperature: 0, max_output_tokens: 12});
  assert.equal(response.output_text, answer.choices[0].message.content);
});

await check("models", async () => {
  assert.deepEqual((await client.models.list()).data.map(entry => entry.id), [model]);
});

await check("errors", async () => {
  await assert.rejects(client.chat.completions.create({...chat, temperature: 9}), error => error.status === 400 && error.param === "temperature");
  await assert.rejects(client.chat.completions.create({...chat, model: "other"}), {status: 404});
});

// The client, not the end of the answer, must end it.
const endless = {...chat, ignore_eos: true, max_completion_tokens: 4000};

async function running() {
  const figures = await (await fetch(new URL("/metrics", process.argv[2]))).text();
  return Number(figures.match(/^jmixtral_requests_running.* (\S+)$/m)[1]);
}

await check("cancel", async () => {
  const stream = await client.chat.completions.create({...endless, stream: true});
  for await (const _ of stream) break;
  while (await running() > 0);
  const abort = new AbortController();
  const call = client.chat.completions.create({...endless, n: 8}, {signal: abort.signal});
  const rejected = assert.rejects(call, OpenAI.APIUserAbortError);
  while (await running() === 0);
  abort.abort();
  await rejected;
});
