// Goal: every source keeps to the import table, and a breach is found.
// Method: check all sources; then made-up sources, each of which breaks one rule.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { breachesIn, filesForTests, idleRows } from "./import-breaches.ts";
import { ROOT } from "./published-packages.ts";

/** The repository has more sources than this. If fewer are found, the search is wrong. */
const SOURCES_MIN = 250;

function allSources(): Map<string, string> {
  const paths = ["packages/*/{src,e2e}", "examples/*/{src,e2e}", "bench", "scripts"]
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }))
    .filter((path) => !path.includes("node_modules") && !path.startsWith("scripts/smoke/"));
  return new Map(paths.map((path) => [path.replaceAll("\\", "/"), readFileSync(join(ROOT, path), "utf8")]));
}

test("every source keeps to the table", () => {
  const sources = allSources();
  expect(sources.size).toBeGreaterThanOrEqual(SOURCES_MIN);
  expect(idleRows(sources.keys())).toEqual([]);
  const forTests = filesForTests(sources);
  expect(breachesIn(sources, { isForTests: (path) => forTests.has(path) })).toEqual([]);
});

const isForTests = (path: string): boolean => path.endsWith(".test.ts");

const SERVER = "packages/server/src";
const SDK = "packages/sdk/src";

test.for([
  [`${SERVER}/transaction/saga/decide.ts`, 'import { x } from "node:crypto";', "node:crypto"],
  [`${SERVER}/transaction/saga/decide.ts`, 'import "../../engine/ports.ts";', "engine/ports.ts"],
  [`${SERVER}/transaction/status.ts`, 'export type { X } from "@lockstep/protocol";', "@lockstep/protocol"],
  [`${SERVER}/transaction/status.ts`, 'import {\n  a,\n  b,\n} from "zod";', "zod"],
  [`${SERVER}/engine/drive.ts`, 'import { S } from "../stores/sqlite/sqlite-store.ts";', "a port"],
  [`${SERVER}/engine/drive.ts`, 'const { S } = await import("../stores/open-store.ts");', "a port"],
  [`${SERVER}/engine/drive.ts`, "const delay = Math.random() * 2;", "take `random`"],
  [
    `${SERVER}/stores/memory/memory-store.ts`,
    'import { x } from "../sqlite/statements.ts";',
    "statements.ts",
  ],
  [`${SERVER}/stores/sqlite/writer.ts`, 'import { E } from "../../engine/engine.ts";', "engine/engine.ts"],
  [`${SERVER}/branches/http-branch.ts`, 'import { S } from "../stores/open-store.ts";', "open-store.ts"],
  [`${SERVER}/api/operations.ts`, 'import { E } from "../engine/engine.ts";', "engine-port.ts"],
  [`${SERVER}/api/operations.ts`, 'import { d } from "../transaction/saga/decide.ts";', "decide.ts"],
  [`${SERVER}/api/http-door.ts`, 'import { x } from "./http-door.test.ts";', "which is a test"],
  [`${SERVER}/log.ts`, 'import { x } from "winston";', "a row of its own"],
  ["packages/protocol/src/words.ts", 'import { x } from "@lockstep/discovery";', "@lockstep/discovery"],
  ["packages/protocol/src/words.ts", 'import { connect } from "node:net";', "no I/O"],
  ["packages/discovery/src/follow.ts", 'import { L } from "lockstep";', "lockstep"],
  ["packages/grpc-client/src/connections.ts", 'import { L } from "lockstep";', "nothing of coordinators"],
  [
    "packages/sdk/src/modes/saga.ts",
    'import { openCoordinator } from "@lockstep/server";',
    "@lockstep/server",
  ],
  [
    "packages/sdk/src/modes/saga.ts",
    'import { x } from "../../protocol/src/words.ts";',
    "protocol/src/words.ts",
  ],
  ["packages/server/src/engine/drive.ts", 'import { saga } from "../transaction/saga/saga.ts";', "modes.ts"],
  ["packages/server/src/stores/a.ts", 'import { o } from "../transaction/saga/order.ts";', "adapter"],
  ["packages/testkit/src/a.ts", 'import { o } from "../../server/src/transaction/saga/order.ts";', "testkit"],
  [`${SDK}/barrier/mysql.ts`, 'import { createPool } from "mysql2/promise";', "by its shape"],
  [`${SDK}/barrier/barrier.ts`, 'import { H } from "../coordinator/http-coordinator.ts";', "no coordinator"],
  [`${SDK}/barrier/barrier.ts`, 'import type { S } from "../modes/saga.ts";', "and no mode"],
  [`${SDK}/barrier/entry.ts`, 'import { f } from "../branch/http-answer.ts";', "branch/http-answer.ts"],
  [`${SDK}/branch/http-answer.ts`, 'import { B } from "../barrier/barrier.ts";', "It makes none"],
  [`${SDK}/branch/grpc-service.ts`, 'import type { R } from "fastify";', "a framework by its shape"],
  [`${SDK}/services/service.ts`, 'import { S } from "../modes/saga.ts";', "calls it directly"],
  [
    `${SDK}/services/service.ts`,
    'import { H } from "../coordinator/http-coordinator.ts";',
    "knows no coordinator",
  ],
  [`${SDK}/coordinator/answer-error.ts`, 'import { S } from "../modes/submission.ts";', "knows no mode"],
  [`${SDK}/coordinator/grpc-coordinator.ts`, 'import { s } from "../services/service.ts";', "service.ts"],
  [`${SDK}/modes/saga.ts`, 'import { H } from "../coordinator/http-coordinator.ts";', "whatever its wire"],
  [`${SDK}/modes/saga.ts`, 'import { Agent } from "undici";', "whatever its wire"],
  [`${SDK}/lockstep.ts`, 'import { Agent } from "undici";', "a room of the SDK"],
  [
    "packages/sdk/src/modes/saga.test.ts",
    'import { x } from "../../../protocol/src/words.ts";',
    "by its name",
  ],
  ["examples/registration/src/main.ts", 'import { x } from "../../../packages/sdk/src/a.ts";', "by name"],
  ["packages/server/src/log/ring.ts", 'import { R } from "./ring.ts";', "a ring of imports"],
] as const)("a planted breach is found: %s with %s", ([path, text, sentence]) => {
  expect(breachesIn(new Map([[path, text]]), { isForTests })).toEqual([expect.stringContaining(sentence)]);
});

test("a ring over several files is found once, and types make none", () => {
  const sources = new Map([
    [`${SERVER}/engine/a.ts`, 'import { b } from "./b.ts";'],
    [`${SERVER}/engine/b.ts`, 'import { C } from "./c/c.ts";'],
    [`${SERVER}/engine/c/c.ts`, 'export { a } from "../a.ts";'],
  ]);
  expect(breachesIn(sources, { isForTests })).toEqual([expect.stringContaining("a.ts -> ")]);
  sources.set(`${SERVER}/engine/b.ts`, 'import type { C } from "./c/c.ts";');
  expect(breachesIn(sources, { isForTests })).toEqual([]);
});

test.for([
  [
    `${SERVER}/engine/drive.ts`,
    'import type { G } from "../transaction/model.ts";\nimport { s } from "./slots.ts";',
  ],
  [`${SERVER}/engine/drive.ts`, '// import { x } from "zod";\n/* Math.random */'],
  [
    `${SERVER}/engine/drive.test.ts`,
    'import { test } from "vitest";\nimport { s } from "../stores/open-store.ts";',
  ],
  ["packages/protocol/src/messages.ts", 'import { x } from "@bufbuild/protobuf/wkt";'],
] as const)("allowed: %s with %s", ([path, text]) => {
  expect(breachesIn(new Map([[path, text]]), { isForTests })).toEqual([]);
});

test("for tests is what no entry point reaches", () => {
  const sources = new Map([
    ["packages/sdk/src/index.ts", 'export { a } from "./a.ts";'],
    ["packages/sdk/src/a.ts", ""],
    ["packages/sdk/src/a-fixture.ts", ""],
    ["packages/sdk/src/a.test.ts", ""],
    ["examples/registration/src/limits.ts", ""],
  ]);
  expect([...filesForTests(sources)]).toEqual([
    "packages/sdk/src/a-fixture.ts",
    "packages/sdk/src/a.test.ts",
  ]);
});

test("a row that no source belongs to is named", () => {
  expect(idleRows([`${SERVER}/transaction/model.ts`])).toContain(`${SERVER}/engine/`);
});
