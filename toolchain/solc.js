#!/usr/bin/env node
// The `solc` command line that ape and forge expect, on top of the WebAssembly compiler from npm.
//
// Answers `--version`, and `--standard-json` (stdin to stdout; imports resolve below --base-path).
// One WebAssembly compiler uses one core, so the requested outputs are dealt out to a few worker
// threads. A contract's bytecode depends on the contract and what it imports, not on which others
// were asked for in the same run, so the merged answer is the one a single run would give.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");

function compile(input, basePath) {
  const solc = require("solc");
  const all = input.sources;
  const asked = Object.keys(input.settings.outputSelection);
  const sources = Object.fromEntries(asked.filter((id) => all[id]).map((id) => [id, all[id]]));
  const load = (id) => {
    if (all[id]) return { contents: all[id].content };
    try {
      return { contents: fs.readFileSync(path.resolve(basePath, id), "utf8") };
    } catch (error) {
      return { error: `${id}: ${error.message}` };
    }
  };
  return JSON.parse(solc.compile(JSON.stringify({ ...input, sources }), { import: load }));
}

// Largest sources first, each to the worker with the least to do.
function deal(input, workers) {
  const selection = input.settings.outputSelection;
  const hands = Array.from({ length: workers }, () => ({ load: 0, selection: {} }));
  const size = (id) => (input.sources[id] ? input.sources[id].content.length : 0);
  for (const id of Object.keys(selection).sort((a, b) => size(b) - size(a))) {
    const hand = hands.reduce((least, each) => (each.load < least.load ? each : least));
    hand.selection[id] = selection[id];
    hand.load += size(id);
  }
  return hands.map((hand) => hand.selection);
}

function inWorker(input, basePath) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { input, basePath } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

// Sources that several workers read are reported by each: keep one copy of every fact.
function merge(outputs) {
  const merged = { contracts: {}, sources: {} };
  const errors = new Map();
  for (const output of outputs) {
    for (const error of output.errors || []) errors.set(error.formattedMessage, error);
    for (const [id, contracts] of Object.entries(output.contracts || {})) {
      merged.contracts[id] = { ...merged.contracts[id], ...contracts };
    }
    Object.assign(merged.sources, output.sources);
  }
  if (errors.size) merged.errors = [...errors.values()];
  return merged;
}

async function standardJson(basePath) {
  const input = JSON.parse(fs.readFileSync(0, "utf8"));
  const selection = (input.settings || {}).outputSelection || {};
  // ape asks for the code of every library file too and then drops it: do not generate it.
  for (const id of Object.keys(selection)) if (id.includes("/.cache/")) delete selection[id];
  const workers = Math.min(os.cpus().length, Math.floor(Object.keys(selection).length / 4));
  if (workers < 2 || selection["*"]) {
    if (selection["*"]) {
      input.settings.outputSelection = Object.fromEntries(
        Object.keys(input.sources).map((id) => [id, selection[id] || selection["*"]]),
      );
    }
    return compile(input, basePath);
  }
  const hands = deal(input, workers);
  return merge(
    await Promise.all(
      hands.map((outputSelection) =>
        inWorker({ ...input, settings: { ...input.settings, outputSelection } }, basePath),
      ),
    ),
  );
}

async function main(argv) {
  if (argv.includes("--version")) {
    const version = require("solc").version();
    console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`);
  } else if (argv.includes("--standard-json")) {
    const flag = argv.indexOf("--base-path");
    const output = await standardJson(flag < 0 ? process.cwd() : argv[flag + 1]);
    process.stdout.write(JSON.stringify(output));
  } else {
    console.error(`solc: expected --version or --standard-json, got: ${argv.join(" ")}`);
    process.exitCode = 1;
  }
}

if (isMainThread) main(process.argv.slice(2));
else parentPort.postMessage(compile(workerData.input, workerData.basePath));
