// Compiles as an npm project does: `node compile.js <compiler> <folder>` reads a standard JSON input and
// finds what it imports in the folder's node_modules alone.
"use strict";
const fs = require("fs");
const path = require("path");

const [compiler, folder] = process.argv.slice(2);
const solc = require(path.resolve(__dirname, "../../node_modules", compiler));

function load(id) {
  try {
    return { contents: fs.readFileSync(path.join(folder, "node_modules", id), "utf8") };
  } catch (error) {
    return { error: `${id}: ${error.message}` };
  }
}

process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: load }));
