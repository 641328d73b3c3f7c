// Times llama.cpp on a GGUF file: node llama_cpp.mjs FILE.gguf PROMPTS NEW_TOKENS THREADS REPETITIONS
// PROMPTS: lengths, such as 512,64. One untimed repetition, then the timed ones; prints a JSON object for each of these.
import {getLlama} from "node-llama-cpp";

const [file, prompts, newTokens, threads, repetitions] = process.argv.slice(2);
const lengths = prompts.split(",").map(Number);
const count = Number(newTokens);

const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: Number(threads)});
const model = await llama.loadModel({modelPath: file, useMmap: true});
const context = await model.createContext({
  contextSize: Math.max(...lengths) + count + 64,
  batchSize: Math.max(...lengths),
  threads: Number(threads),
  flashAttention: true
});
const sequence = context.getSequence();

// Any ids do, but different ones: they go to different experts. (xorshift32)
let state = 2463534242;
function randomId() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return 3 + (state >>> 0) % 31000;
}

async function measure(length) {
  await sequence.clearHistory();
  const ids = Array.from({length}, randomId);
  let began = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(ids);
  const prefill = length / ((performance.now() - began) / 1000);
  began = performance.now();
  let made = 0;
  for await (const _ of sequence.evaluate([randomId()], {temperature: 0, yieldEogToken: true})) {
    if (++made === count) break;
  }
  return {prefill, decode: made / ((performance.now() - began) / 1000)};
}

async function repetition() {
  const result = {};
  for (const length of lengths) {
    const {prefill, decode} = await measure(length);
    result[`prefill_${length}`] = prefill;
    // After the shortest prompt, where attention costs least.
    if (length === Math.min(...lengths)) result.decode = decode;
  }
  return result;
}

await repetition();
for (let i = 0; i < Number(repetitions); i++) console.log(JSON.stringify(await repetition()));
process.exit(0);
