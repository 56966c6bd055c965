// Our search beside minisearch, on the same rows, with the same queries as typed, in one run.
//
//   cd bench/search && npm ci && node run.mjs LIST…
//
// Every fortieth prefix of the labelled queries; both get the rows that our example writes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import MiniSearch from "minisearch";

const lists = process.argv.slice(2).map((path) => resolve(path));
if (lists.length === 0) {
  console.error("node run.mjs LIST…");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
const [typed, rows] = [join(folder, "typed"), join(folder, "rows")];
const example = ["run", "--release", "--quiet", "-p", "tributary-directory", "--example", "score", "--"];
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const said = execFileSync(
  "cargo",
  [...example, "--every", "40", "--typed", typed, "--rows", rows, ...lists],
  { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 },
);
console.log(said);
const ours = said.match(/p50 ([\d.]+) ms, p90 ([\d.]+) ms, p99 ([\d.]+) ms/).slice(1).map(Number);

const lines = (path) => readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
const brands = lines(rows).map((line) => JSON.parse(line));
const queries = lines(typed);
rmSync(folder, { recursive: true });

const memory = process.memoryUsage().rss;
let begun = performance.now();
const mini = new MiniSearch({
  fields: ["name", "aliases", "places", "npi"],
  searchOptions: { prefix: true, fuzzy: 0.2, combineWith: "AND" },
});
mini.addAll(brands);
console.log(`minisearch: built in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
console.log(`minisearch: ${((process.memoryUsage().rss - memory) / 1e6).toFixed(0)} MB more in memory`);
const took = queries.map((query) => {
  begun = performance.now();
  mini.search(query).slice(0, 10);
  return performance.now() - begun;
});
took.sort((one, other) => one - other);
const theirs = [0.5, 0.9, 0.99].map((share) => took[Math.floor((took.length - 1) * share)]);
["p50", "p90", "p99"].forEach((name, at) => {
  const ratio = theirs[at] / ours[at];
  console.log(`${name}: ours ${ours[at].toFixed(3)} ms, minisearch ${theirs[at].toFixed(2)} ms: ${ratio.toFixed(0)} times`);
});
