// Prints each finding of the official AsyncAPI parser about a document; status 1 if one of them is an error.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const [, , modules, file] = process.argv;
const { Parser } = createRequire(modules + "/")("@asyncapi/parser");

new Parser().validate(readFileSync(file, "utf8")).then((diagnostics) => {
  const words = ["error", "warning", "information", "hint"];
  for (const d of diagnostics) {
    console.log(`${file}:${d.range.start.line + 1} /${d.path.join("/")}: ${words[d.severity]}: ${d.code}: ${d.message}`);
  }
  const errors = diagnostics.filter((d) => d.severity === 0).length;
  console.log(`${diagnostics.length} findings, ${errors} of them errors`);
  process.exitCode = errors > 0 ? 1 : 0;
});
