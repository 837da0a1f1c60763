// Goal: alerts reach the webhook, and a webhook that fails, hangs or redirects costs the coordinator nothing but a line of
//   the log now and then (I10).
// Method: a real HTTP server, whose answers the test gives.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EngineEvent } from "../engine/events.ts";
import type { EpochMs, Gid } from "../transaction/model.ts";
import { AlertWebhook, type AlertWebhookOptions } from "./alert-webhook.ts";
import { ALERT_POSTS_MAX, ALERTS_WAITING_MAX } from "./limits.ts";

/** Longer than a test may take: no post of a test that does not say so ends by its time limit. */
const NO_TIMEOUT_MS = 3_600_000;

interface Arrival {
  readonly request: IncomingMessage;
  readonly body: string;
  readonly response: ServerResponse;
}

let server: Server;
let arrivals: Arrival[];
let answer: (arrival: Arrival) => void;
let lines: { event: string; fields: Readonly<Record<string, string | number>>; cause?: unknown }[];
let webhook: AlertWebhook;

beforeEach(async () => {
  arrivals = [];
  lines = [];
  answer = ({ response }) => response.end("thanks");
  server = createServer(async (request, response) => {
    const arrival = { request, response, body: await text(request) };
    arrivals.push(arrival);
    answer(arrival);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  webhook = open();
});

afterEach(async () => {
  await webhook.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(changes: { readonly url?: string; readonly timeoutMs?: number } = {}): AlertWebhook {
  const { port } = server.address() as AddressInfo;
  const url = changes.url ?? `http://me:pw@127.0.0.1:${port}/hook?token=1`;
  const log: AlertWebhookOptions["log"] = {
    info: (event, fields) => lines.push({ event, fields }),
    warn: (event, fields) => lines.push({ event, fields }),
    error: (event, fields, cause) => lines.push({ event, fields, cause }),
  };
  return new AlertWebhook({ url, retryLimit: 3, timeoutMs: changes.timeoutMs ?? NO_TIMEOUT_MS, log });
}

function unclear(gid: string): EngineEvent {
  return {
    ...{ kind: "unclear", gid: gid as Gid, branchId: "01", op: "action", url: "http://b/a" },
    ...{ destination: "http://b", status: "submitted", attempt: 3, detail: "bad", nextAt: 5 as EpochMs },
  };
}

const gidsOf = (): string[] => arrivals.map(({ body }) => JSON.parse(body).gid);

test("an alert is one POST of JSON, with the account of the URL", async () => {
  webhook.observe(unclear("g1"));
  await expect.poll(() => arrivals.length).toBe(1);
  const [{ method, url, headers } = { headers: {} } as IncomingMessage] = arrivals.map(
    ({ request }) => request,
  );
  expect([method, url]).toEqual(["POST", "/hook?token=1"]);
  expect(headers).toMatchObject({
    "content-type": "application/json",
    authorization: `Basic ${btoa("me:pw")}`,
  });
  expect(headers).not.toHaveProperty("accept");
  expect(gidsOf()).toEqual(["g1"]);
  expect(lines).toEqual([]);
});

test("I10: so many posts at a time, so many wait, and what is dropped is counted in the log", async () => {
  answer = () => undefined;
  const all = ALERT_POSTS_MAX + ALERTS_WAITING_MAX;
  for (let index = 0; index < all + 5; index += 1) webhook.observe(unclear(`g${index}`));
  await expect.poll(() => arrivals.length).toBe(ALERT_POSTS_MAX);
  expect(lines.map(({ event, fields }) => [event, fields["dropped"]])).toEqual(
    [1, 2, 4].map((dropped) => ["alerts were dropped, because the webhook is slow", dropped]),
  );
  answer = ({ response }) => response.end();
  for (const arrival of arrivals.slice()) answer(arrival);
  await expect.poll(() => arrivals.length, { timeout: 30_000 }).toBe(all);
  expect(new Set(gidsOf())).toEqual(new Set(Array.from({ length: all }, (_, index) => `g${index}`)));
});

test("a refusal is logged at its first time and at each doubling, and one that works begins anew", async () => {
  answer = ({ response }) => response.writeHead(500).end("secret");
  for (let index = 0; index < 5; index += 1) webhook.observe(unclear(`g${index}`));
  await expect.poll(() => lines.length).toBe(3);
  expect(lines.map(({ fields }) => fields["failed"])).toEqual([1, 2, 4]);
  expect(lines[0]).toMatchObject({
    event: "could not post an alert",
    fields: { host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
    cause: new Error("the webhook answered HTTP 500"),
  });
  expect(JSON.stringify(lines)).not.toContain("token");
  await expect.poll(() => arrivals.length).toBe(5);
  answer = ({ response, body }) => response.writeHead(body.includes("good") ? 204 : 500).end();
  webhook.observe(unclear("good"));
  await expect.poll(() => arrivals.length).toBe(6);
  webhook.observe(unclear("bad"));
  await expect.poll(() => lines.length).toBe(4);
  expect(lines.at(-1)?.fields["failed"]).toBe(1);
});

test("a redirect is not followed: the address behind it was not checked", async () => {
  answer = ({ response }) => response.writeHead(307, { location: "/elsewhere" }).end();
  webhook.observe(unclear("g1"));
  await expect.poll(() => lines).toMatchObject([{ cause: new Error("the webhook answered HTTP 307") }]);
  expect(arrivals).toHaveLength(1);
});

test("a post that gets no answer ends, and the next ones go on", async () => {
  await webhook.close();
  webhook = open({ timeoutMs: 20 });
  answer = () => undefined;
  const all = ALERT_POSTS_MAX * 2;
  for (let index = 0; index < all; index += 1) webhook.observe(unclear(`g${index}`));
  await expect.poll(() => lines.map(({ fields }) => fields["failed"])).toEqual([1, 2, 4, 8]);
});

test("a forbidden address is refused before anything is posted", () => {
  expect(() => open({ url: "http://169.254.169.254/hook" })).toThrow("never called");
});

test("nobody at the address is a line of the log", async () => {
  await webhook.close();
  webhook = open({ url: "http://127.0.0.1:1/hook" });
  webhook.observe(unclear("g1"));
  await expect.poll(() => lines).toMatchObject([{ event: "could not post an alert", fields: { gid: "g1" } }]);
});

test("close ends what is in flight, without a line, and takes nothing more", async () => {
  answer = () => undefined;
  webhook.observe(unclear("g1"));
  await expect.poll(() => arrivals.length).toBe(1);
  const gone = new Promise((resolve) => arrivals[0]?.response.once("close", resolve));
  await webhook.close();
  await gone;
  webhook.observe(unclear("g2"));
  expect(gidsOf()).toEqual(["g1"]);
  expect(lines).toEqual([]);
});
