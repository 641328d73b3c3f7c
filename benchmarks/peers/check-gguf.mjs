#!/usr/bin/env node
// Compares jmixtral with llama.cpp on GGUF files that jmixtral wrote: benchmarks/peers/check-gguf.mjs [--types f16,q8_0,q4_0]
// README.md beside this file says what is compared and what it needs.
import {execFileSync} from "node:child_process";
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {dirname, join, resolve} from "node:path";
import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROJECT = resolve(HERE, "../..");
const STORYTELLER = join(PROJECT, "models/storyteller");
const WINDOW = 128;
const PROMPT_IDS = 12;
const NEW_IDS = 50;
const LEAD = 0.1;

const {values: options} = parseArgs({options: {
  types: {type: "string", default: "f16,q8_0,q4_0"},
  prompts: {type: "string", default: "8"},
  stretches: {type: "string", default: "24"},
  threads: {type: "string", default: "2"},
  work: {type: "string", default: join(HERE, "work")},
  jmixtral: {type: "string", default: join(PROJECT, "scripts/jmixtral")}
}});

if (!existsSync(join(HERE, "node_modules/@huggingface/gguf"))) {
  execFileSync("npm", ["install", "--no-audit", "--no-fund"], {cwd: HERE, stdio: ["ignore", "ignore", "inherit"]});
}
const {GGMLQuantizationType, gguf} = await import("@huggingface/gguf");
const {getLlama} = await import("node-llama-cpp");
const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: Number(options.threads)});

function jmixtral(...args) {
  return execFileSync(options.jmixtral, args.map(String), {encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"]});
}

/** Ids of texts without special ones. */
function encode(texts) {
  const file = join(options.work, "texts.jsonl");
  writeFileSync(file, texts.map((text) => JSON.stringify({text}) + "\n").join(""));
  return jmixtral("tokenize", "--model", STORYTELLER, "--jsonl", file).trim().split("\n").map((line) => JSON.parse(line).ids);
}

/** The first stretches of the validation text, cut as `perplexity --lines` cuts them. */
function validationStretches(count) {
  const lines = readFileSync(join(STORYTELLER, "evaluation/valid.txt"), "utf8").trimEnd().split("\n").map((line) => line.split("\t"));
  const parts = encode(lines.flat());
  const ids = lines.flatMap((line) => [1, ...line.flatMap(() => parts.shift()), 2]);
  return Array.from({length: count}, (_, i) => ids.slice(i * WINDOW, (i + 1) * WINDOW));
}

/** What jmixtral computes: by list, by position, the logits. */
function ownLogits(model, lists, activations) {
  const idsFile = join(options.work, "ids.json");
  const out = join(options.work, "logits.safetensors");
  writeFileSync(idsFile, JSON.stringify(lists));
  jmixtral("logits", "--model", model, "--ids-file", idsFile, "--out", out, "--force",
    "--activations", activations, "--threads", options.threads);
  const content = readFileSync(out);
  const begin = 8 + Number(content.readBigUInt64LE(0));
  const header = JSON.parse(content.subarray(8, begin).toString());
  return lists.map((_, i) => {
    const {shape: [length, size], data_offsets: [from]} = header[`logits.${i}`];
    const numbers = new Float32Array(content.buffer.slice(content.byteOffset + begin + from, content.byteOffset + begin + from + 4 * length * size));
    return Array.from({length}, (_, row) => numbers.subarray(row * size, (row + 1) * size));
  });
}

/** The same by llama.cpp. */
async function peerLogits(model, lists) {
  const context = await model.createContext({contextSize: WINDOW + 8, threads: Number(options.threads)});
  const sequence = context.getSequence();
  const all = [];
  for (const ids of lists) {
    await sequence.clearHistory();
    const results = await sequence.controlledEvaluate(ids.map((id) => [id, {generateNext: {logits: true, options: {temperature: 0}}}]));
    all.push(results.map(({next}) => {
      const row = new Float32Array(next.logits.size);
      for (const [id, logit] of next.logits) row[id] = logit;
      return row;
    }));
  }
  await context.dispose();
  return all;
}

function logProbabilities(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const normaliser = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return Float64Array.from(logits, (logit) => logit - normaliser);
}

/** Kullback–Leibler divergence from the expected probabilities: the mean of each stretch. */
function divergences(expected, found) {
  return expected.map((stretch, s) => stretch.map((row, i) => {
    const p = logProbabilities(row);
    const q = logProbabilities(found[s][i]);
    return p.reduce((sum, log, id) => sum + Math.exp(log) * (log - q[id]), 0);
  }).reduce((a, b) => a + b) / stretch.length);
}

/** The mean of the stretches, with its standard error. */
function show(means) {
  const mean = means.reduce((a, b) => a + b) / means.length;
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, means.length - 1);
  return `${mean.toExponential(2)} ± ${Math.sqrt(variance / means.length).toExponential(1)}`;
}

function best(row) {
  return row.reduce((winner, logit, id) => logit > row[winner] ? id : winner, 0);
}

/** Whether llama.cpp prefers our greedy ids, at each step of all stories. */
function compareSteps(stories, own, peer) {
  const result = {steps: 0, same: 0, closeCalls: 0, others: 0, largestLeadLost: 0, largestDifference: 0};
  stories.forEach(({prompt, ids}, s) => own[s].forEach((row, position) => {
    const theirs = peer[s][position];
    // Probabilities do not change when all logits move together.
    const shift = row.reduce((sum, logit, id) => sum + logit - theirs[id], 0) / row.length;
    row.forEach((logit, id) => {
      result.largestDifference = Math.max(result.largestDifference, Math.abs(logit - theirs[id] - shift));
    });
    if (position < prompt.length - 1 || position >= prompt.length + ids.length - 1) return;
    const first = best(row);
    const lead = row[first] - row.reduce((second, logit, id) => id === first ? second : Math.max(second, logit), -Infinity);
    result.steps++;
    if (best(theirs) === first) {
      result.same++;
    } else {
      result[lead > LEAD ? "others" : "closeCalls"]++;
      result.largestLeadLost = Math.max(result.largestLeadLost, lead);
    }
  }));
  return result;
}

/** What the npm reader finds: how many tensors of each type. */
async function readWithPeer(file) {
  const {metadata, tensorInfos} = await gguf(file, {allowLocalFile: true});
  if (metadata["general.architecture"] !== "llama" || metadata["llama.expert_count"] !== 8) {
    throw new Error(`${file}: expected a llama of 8 experts, found ${metadata["general.architecture"]} of ${metadata["llama.expert_count"]}`);
  }
  const counts = {};
  for (const {dtype} of tensorInfos) {
    const type = GGMLQuantizationType[dtype];
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return Object.entries(counts).map(([type, count]) => `${count} ${type}`).join(", ");
}

/** The tokenizer is in the file, too. */
function compareTokens(model) {
  for (const text of ["Once upon a time, there lived a duck.\n", "é中 £ 12,5 …"]) {
    const own = JSON.stringify(encode([text])[0]);
    const theirs = JSON.stringify(Array.from(model.tokenize(text)));
    if (own !== theirs) throw new Error(`${JSON.stringify(text)}: jmixtral has the ids ${own}, llama.cpp ${theirs}`);
  }
}

/** Continues the beginnings of the stretches, greedily. */
function tellStories(file, stretches, activations) {
  const prompts = join(options.work, "prompts.json");
  writeFileSync(prompts, JSON.stringify(stretches.slice(0, Number(options.prompts)).map((ids) => ids.slice(0, PROMPT_IDS))));
  return jmixtral("generate", "--model", file, "--ids-file", prompts, "--greedy", "--max-new-tokens", NEW_IDS,
    "--activations", activations, "--threads", options.threads, "--json").trim().split("\n")
    .map((line) => JSON.parse(line)).map(({prompt_ids: prompt, ids}) => ({prompt, ids}));
}

async function check(type, stretches, reference) {
  const file = join(options.work, `storyteller-${type}.gguf`);
  rmSync(file, {force: true});
  jmixtral("convert", STORYTELLER, file, "--to", "gguf", "--type", type);
  console.log(`${type}: ${await readWithPeer(file)}`);
  const model = await llama.loadModel({modelPath: file});
  compareTokens(model);
  const theirs = divergences(reference, await peerLogits(model, stretches));
  console.log(`  divergence of llama.cpp: ${show(theirs)}`);
  let good = true;
  for (const activations of ["f32", "bf16", "f16"].includes(type) ? ["f32"] : ["i8", "f32"]) {
    const stories = tellStories(file, stretches, activations);
    const lists = stories.map(({prompt, ids}) => [...prompt, ...ids]);
    const own = ownLogits(file, [...lists, ...stretches], activations);
    const steps = compareSteps(stories, own, await peerLogits(model, lists));
    good &&= steps.others === 0;
    const ours = divergences(reference, own.slice(lists.length));
    console.log(`  ${activations} activations: ${steps.same} of ${steps.steps} greedy ids are llama.cpp's, too; of the others,`
      + ` ${steps.closeCalls} lead by ${LEAD} at most and ${steps.others} by more (largest lead ${steps.largestLeadLost.toFixed(3)});`
      + ` largest difference of a logit ${steps.largestDifference.toFixed(4)}`);
    console.log(`  ${activations} activations: divergence ${show(ours)}, less llama.cpp's ${show(ours.map((mean, s) => mean - theirs[s]))}`);
  }
  await model.dispose();
  return good;
}

mkdirSync(options.work, {recursive: true});
const stretches = validationStretches(Number(options.stretches));
console.log(`divergences per position from the model in bf16, ${stretches.length} stretches of ${WINDOW} ids, with their standard error`);
const reference = ownLogits(STORYTELLER, stretches, "f32");
let allGood = true;
for (const type of options.types.split(",")) allGood = await check(type, stretches, reference) && allGood;
process.exit(allGood ? 0 : 1);
