// Goal: a clone without the Node that comes with it says so on an older Node.
// Method: the real script, in a process that says it is another Node.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NODE_VERSION_MIN } from "../packages/server/src/cli/node-version.ts";
import { ROOT } from "./published-packages.ts";

function checkedOn(version: string) {
  const disguise = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  const script = join(ROOT, "scripts/check-node.js");
  return spawnSync(process.execPath, ["--import", disguise, script], { encoding: "utf8" });
}

test.for(["20.20.2", "22.18.0", "18.0.0"])("Node %s is refused, with two ways out", (version) => {
  const { status, stderr } = checkedOn(version);
  expect(status).toBe(1);
  expect(stderr).toContain(`Lockstep needs Node ${NODE_VERSION_MIN} or newer, and this is Node ${version}.`);
  expect(stderr).toContain("`npm ci` without --omit=optional");
});

test.for([`${NODE_VERSION_MIN}.0`, "26.10.0"])("Node %s is taken", (version) => {
  expect(checkedOn(version)).toMatchObject({ status: 0, stderr: "" });
});

test.for(["start", "bench"])("npm run %s asks first", (name) => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(scripts[name]).toMatch(/^node scripts\/check-node\.js && node /);
});
