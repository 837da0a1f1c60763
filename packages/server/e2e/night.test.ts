// Goal: an operator finds and cures all that went wrong in a night, with the commands of docs/operating.md: 200 sagas, of
// which 179 wait for a service that is dead, 20 have a misspelt URL, and one has a payload that its service cannot read.
// At most eight commands, no loop, and nothing is compensated by hand.
// Method: the real command, real services, and the page's own commands in bash, with the gids and addresses of the test.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { provideCurl } from "@lockstep/testkit/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const PAGE = new URL("../../../docs/operating.md", import.meta.url);
const MISSPELT = Array.from({ length: 20 }, (_, index) => `misspelt-${index}`);
const DEAD = Array.from({ length: 179 }, (_, index) => `waits-${index}`);
const SAGAS = MISSPELT.length + DEAD.length + 1;
const COMMANDS_MAX = 8;

let coordinator: CoordinatorProcess;
let curlFolder: string;
/** Reserves and ships; reads no amount that is a text. */
let stock: Server;
let pay: Server;
/** What took effect, as `reserve`, `undo-reserve`, … by gid. */
const effects: string[] = [];

beforeAll(async () => {
  curlFolder = dirname(await provideCurl());
  stock = await aService(0);
  pay = await aService(0);
  const env = { LOCKSTEP_RETRY_BUDGET: "2", LOCKSTEP_RETRY_BASE_MS: "50" };
  coordinator = await startCoordinator({ store: "memory:", env });
}, 120_000);
afterAll(async () => {
  await coordinator.stop();
  stock.close();
  pay.close();
});

/** A service whose paths are /reserve, /ship, /pay, and /undo-… of each. */
async function aService(port: number): Promise<Server> {
  const service = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://service");
      if (!/^\/(undo-)?(reserve|ship|pay)$/.test(pathname))
        return response.writeHead(404).end("no such path");
      const isPoison = /"amount":"/.test(Buffer.concat(chunks).toString());
      if (isPoison && pathname === "/ship") return response.writeHead(500).end("amount is not a number");
      effects.push(`${searchParams.get("gid")} ${pathname.slice(1)}`);
      return response.end("{}");
    });
  });
  service.listen(port, "127.0.0.1");
  await once(service, "listening");
  return service;
}

function urlOf(service: Server): string {
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
}

async function submit(gid: string, second: string, undo: string, amount: unknown): Promise<void> {
  const first = { action: `${urlOf(stock)}/reserve`, compensate: `${urlOf(stock)}/undo-reserve` };
  const steps = [first, { action: second, compensate: undo }];
  const payload = JSON.stringify({ amount });
  const body = JSON.stringify({ gid, trans_type: "saga", steps, payloads: [payload, payload] });
  const answer = await fetch(`${coordinator.url}/api/dtmsvr/submit`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

async function countOf(query: string): Promise<number> {
  const answer = await fetch(`${coordinator.url}/api/dtmsvr/all?limit=1000&${query}`);
  return ((await answer.json()) as { transactions: readonly unknown[] }).transactions.length;
}

let commandCount = 0;

/** Runs the page's command that has all these parts, with other texts in it; answers its stdout. */
async function operator(
  parts: readonly string[],
  exchanged: Readonly<Record<string, string>>,
): Promise<string> {
  commandCount += 1;
  const blocks = readFileSync(PAGE, "utf8").matchAll(/^```sh run\n([\s\S]*?)^```$/gm);
  const commands = [...blocks].flatMap(([, block = ""]) => block.split(/\n(?=curl )/));
  let command = commands.find((each) => parts.every((part) => each.includes(part)));
  if (command === undefined) throw new Error(`docs/operating.md has no command with ${parts.join(" and ")}`);
  expect(command).not.toMatch(/\b(for|while|xargs|jq)\b/);
  const all = { "http://localhost:36789": coordinator.url, ...exchanged };
  for (const [shown, own] of Object.entries(all)) command = command.replaceAll(shown, own);
  const env = { ...process.env, PATH: `${curlFolder}:${process.env["PATH"] ?? ""}` };
  return (await promisify(execFile)("bash", ["-c", command], { env }).catch(nothingFound)).stdout;
}

/** `grep` that finds nothing ends with 1. */
function nothingFound(error: unknown): { readonly stdout: string } {
  const { code, stdout } = error as { readonly code?: unknown; readonly stdout?: string };
  if (code !== 1 || stdout !== "") throw error;
  return { stdout };
}

test("a night with 200 sagas is over after eight commands", { timeout: 240_000 }, async () => {
  const dead = urlOf(pay);
  const deadPort = (pay.address() as AddressInfo).port;
  pay.closeAllConnections();
  pay.close();
  await once(pay, "close");
  for (const gid of DEAD) await submit(gid, `${dead}/pay`, `${dead}/undo-pay`, 7);
  for (const gid of MISSPELT) await submit(gid, `${urlOf(stock)}/shpi`, `${urlOf(stock)}/undo-ship`, 7);
  await submit("poison", `${urlOf(stock)}/ship`, `${urlOf(stock)}/undo-ship`, "seven");
  await expect.poll(() => countOf("parked=true")).toBe(SAGAS);
  // The log has told of all three, long before they were parked.
  expect(coordinator.log()).toContain("a service gives no clear answers");
  expect(coordinator.log()).toContain("compare the path in the URL");

  // 1. What is wrong: three reasons.
  const reasons = await operator(["all?parked=true", "uniq -c"], {});
  expect(reasons.trim().split("\n")).toHaveLength(3);
  expect(reasons).toMatch(new RegExp(`${DEAD.length} .*ECONNREFUSED 127.0.0.1:${deadPort}`));
  expect(reasons).toMatch(/20 .*HTTP 404: no such path/);
  expect(reasons).toMatch(/1 .*HTTP 500: amount is not a number/);
  // The service is started again. 2. and 3. All that wait for it are called.
  pay = await aService(deadPort);
  const ofPay = { "http://localhost:8081": dead };
  expect(await operator(["retryDestination", "dry_run"], ofPay)).toContain(`"matched":${DEAD.length}`);
  expect(await operator(["retryDestination", "reason"], ofPay)).toContain(
    `"done":${DEAD.length},"refused":{}`,
  );
  await expect.poll(() => countOf("status=succeed")).toBe(DEAD.length);
  // 4. Which ones are left, and why. 5. What the odd one sends.
  const left = await operator(["all?parked=true", "gid|parked_reason"], {});
  expect(left).toMatch(/"poison"\n.*HTTP 500[\s\S]*"misspelt-19"\n.*HTTP 404/);
  const sent = await operator(["query?gid=order-1", "url|text"], { "order-1": "poison" });
  expect(sent).toContain('\\"amount\\":\\"seven\\"');
  // 6. and 7. All are rolled back. 8. Nothing is left.
  const ofStock = { "http://localhost:8081": urlOf(stock) };
  expect(await operator(["rollBackDestination", "HTTP 404"], ofStock)).toContain('"done":20,"refused":{}');
  expect(await operator(["dtmsvr/rollBack "], { "order-2": "poison" })).toContain('{"dtm_result":"SUCCESS"}');
  await expect.poll(() => countOf("status=failed")).toBe(MISSPELT.length + 1);
  expect(await operator(["all?parked=true", "uniq -c"], {})).toBe("");
  expect(commandCount).toBeLessThanOrEqual(COMMANDS_MAX);

  expect(await countOf("status=succeed")).toBe(DEAD.length);
  const paid = effects.filter((effect) => effect.endsWith(" pay"));
  expect(new Set(paid).size).toBe(DEAD.length);
  for (const gid of [...MISSPELT, "poison"]) {
    const own = effects.filter((effect) => effect.startsWith(`${gid} `));
    expect(own).toEqual([`${gid} reserve`, `${gid} undo-ship`, `${gid} undo-reserve`]);
  }
});
