#!/usr/bin/env node
// The `solc` command line that toolchain/compile, ape and forge expect, on top of the WebAssembly
// compiler from npm. Answers `--version`, and `--standard-json` (stdin to stdout; imports that are not
// in the input resolve below --base-path). It uses one core: toolchain/compile runs one for each.
"use strict";
const fs = require("fs");
const path = require("path");

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

function standardJson(basePath) {
  const input = JSON.parse(fs.readFileSync(0, "utf8"));
  const selection = (input.settings || {}).outputSelection || {};
  // ape asks for the code of every library file too and then drops it: do not generate it.
  for (const id of Object.keys(selection)) if (id.includes("/.cache/")) delete selection[id];
  if (selection["*"]) {
    input.settings.outputSelection = Object.fromEntries(
      Object.keys(input.sources).map((id) => [id, selection[id] || selection["*"]]),
    );
  }
  return compile(input, basePath);
}

function main(argv) {
  if (argv.includes("--version")) {
    const version = require("solc").version();
    console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`);
  } else if (argv.includes("--standard-json")) {
    const flag = argv.indexOf("--base-path");
    const output = standardJson(flag < 0 ? process.cwd() : argv[flag + 1]);
    process.stdout.write(JSON.stringify(output));
  } else {
    console.error(`solc: expected --version or --standard-json, got: ${argv.join(" ")}`);
    process.exitCode = 1;
  }
}

main(process.argv.slice(2));
