// Goal: whoever imports the package on a Node that is too old reads which Node it needs, and not a library's error.
// Method: a process that says it is Node 20, without the function that undici misses there. The real Node 20 was tried
// by hand.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { NODE_VERSION_MIN } from "./cli/node-version.ts";

const INDEX = JSON.stringify(new URL("index.ts", import.meta.url).href);
const AS_NODE_20 = `
  import { syncBuiltinESMExports } from "node:module";
  import zlib from "node:zlib";
  delete zlib.createZstdDecompress;
  syncBuiltinESMExports();
  Object.defineProperty(process.versions, "node", { value: "20.20.2" });`;

function imported(before: string) {
  const program = `${before}\nawait import(${INDEX});`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
}

test("a Node that is too old is named before a library dies", () => {
  const { status, stderr } = imported(AS_NODE_20);
  expect(status).toBe(1);
  expect(stderr).toContain(
    `Error: Lockstep needs Node ${NODE_VERSION_MIN} or newer, and this is Node 20.20.2; install a newer one.`,
  );
});

test("without that function a library would die: the control of the test above", () => {
  const { stderr } = imported(AS_NODE_20.replace(/Object\.defineProperty.*/, ""));
  expect(stderr).toContain("reading 'bind'");
});

test("this Node is not refused", () => {
  expect(imported("")).toMatchObject({ status: 0 });
});
