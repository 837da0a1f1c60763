// Goal: a branch learns who calls it, from whatever its framework hands it; a call without it is refused.
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import querystring from "node:querystring";
import { Metadata } from "@grpc/grpc-js";
import { branchUrlOf, gidProblem, LockstepError } from "@lockstep/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BranchContext,
  branchContextOf,
  branchContextOfMetadata,
  branchContextOfQuery,
} from "./branch-context.ts";

const CONTEXT: BranchContext = { gid: "g 1", transType: "saga", branchId: "01", op: "action" };
const PATH = "/pay?branch_id=01&gid=g+1&op=action&trans_type=saga";
/** A branch's own URL, with parameters of its own that are called as a coordinator's are. */
const OWN = "http://b/pay?op=refund&gid=order-7&branch_id=north&trans_type=card&branch_type=shop";
const QUERY = { branch_id: "01", gid: "g 1", op: "action", trans_type: "saga" };

function metadata(): Metadata {
  const made = new Metadata();
  made.set("dtm-gid", "g 1");
  made.set("dtm-trans_type", "saga");
  made.set("dtm-branch_id", "01");
  made.set("dtm-op", "action");
  made.set("dtm-dtm", "");
  return made;
}

describe("branchContextOf", () => {
  test.for<[string, object | string]>([
    ["a branch context", CONTEXT],
    ["a path with a query", PATH],
    ["a path with a query and a fragment", `${PATH}#there`],
    ["a URL", new URL(PATH, "http://b")],
    ["search parameters", new URLSearchParams(QUERY)],
    ["a parsed query", QUERY],
    ["a parsed query with repeated parameters, of which the last counts", { ...QUERY, gid: ["g 2", "g 1"] }],
    ["a Fastify request", { query: QUERY, params: {}, url: PATH, raw: {} }],
    ["an Express request", { query: QUERY, url: PATH, originalUrl: PATH, get: (name: string) => name }],
    ["an Express request whose query parser is off", { query: {}, url: PATH, get: (name: string) => name }],
    ["a Koa context", { query: QUERY, url: PATH, req: { url: PATH } }],
    ["a Hono context", { req: { url: `http://b${PATH}`, query: () => undefined }, get: () => undefined }],
    ["a fetch request", new Request(`http://b${PATH}`)],
    ["gRPC metadata", metadata()],
    ["a grpc-js call", { metadata: metadata(), request: {}, getPath: () => "/bank.Bank/pay" }],
    [
      "a Connect handler context",
      { requestHeader: new Headers(metadata().getMap() as Record<string, string>) },
    ],
  ])("reads %s", ([, source]) => {
    expect(branchContextOf(source)).toEqual(CONTEXT);
  });

  test("reads the request of a real node:http server", async () => {
    const server = createServer((request: IncomingMessage, response) => {
      response.end(JSON.stringify(branchContextOf(request)));
    }).listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const body = await new Promise<string>((resolve) => {
        get(`http://127.0.0.1:${port}${PATH}`, async (response) =>
          resolve((await response.toArray()).join("")),
        );
      });
      expect(JSON.parse(body)).toEqual(CONTEXT);
    } finally {
      server.close();
    }
  });
});

describe("branchContextOfQuery", () => {
  test("takes branch_type for op, as dtm's first Node.js client sends it", () => {
    const query = { gid: "g", trans_type: "tcc", branch_id: "01", branch_type: "try" };
    expect(branchContextOfQuery(query).op).toBe("try");
    expect(branchContextOfQuery({ ...query, op: "confirm" }).op).toBe("confirm");
  });

  test.for<[string, (url: string) => object | string]>([
    ["a URL", (url) => url],
    ["search parameters", (url) => new URL(url).searchParams],
    ["a request of node:http", (url) => ({ url: url.slice("http://b".length) })],
    ["an Express request", (url) => ({ query: querystring.parse(new URL(url).search.slice(1)), url })],
  ])("of %s whose own parameters have the same names, the coordinator's count", ([, sourceOf]) => {
    expect(branchContextOf(sourceOf(branchUrlOf(OWN, CONTEXT)))).toEqual(CONTEXT);
  });

  // A part that is tidied is the part of another call, and the barrier takes the second call for a duplicate.
  test.for(["a\r\nb", "a;b", "a\u0000b", "a\tb", " a", "a ", "a\u00a0", "a\ud800"])(
    "refuses %j as any part, and tidies nothing",
    (part) => {
      for (const name of ["gid", "trans_type", "branch_id", "op"]) {
        expect(() => branchContextOfQuery({ ...QUERY, [name]: part })).toThrow(
          /^invalid trans info: gid .*None may have/,
        );
      }
      for (const name of ["gid", "transType", "branchId", "op"]) {
        expect(() => branchContextOf({ ...CONTEXT, [name]: part })).toThrow(/None may have/);
      }
    },
  );

  test.for(["gid", "trans_type", "branch_id", "op"] as const)("refuses a call without %s", (missing) => {
    for (const query of [
      { ...QUERY, [missing]: undefined },
      { ...QUERY, [missing]: "" },
    ]) {
      const refused = () => branchContextOfQuery(query);
      expect(refused).toThrow(LockstepError);
      expect(refused).toThrow(/^invalid trans info: gid /);
    }
  });

  test.for([
    ["gid", 128],
    ["branch_id", 128],
    ["trans_type", 45],
    ["op", 45],
  ] as const)("refuses a %s longer than its column of %i characters", ([name, max]) => {
    expect(() => branchContextOfQuery({ ...QUERY, [name]: "x".repeat(max) })).not.toThrow();
    expect(() => branchContextOfQuery({ ...QUERY, [name]: "x".repeat(max + 1) })).toThrow(/at most 128/);
  });

  test("reads back whatever a coordinator writes into a URL", () => {
    const part = (max: number) =>
      fc
        .string({ minLength: 1, maxLength: max, unit: "grapheme" })
        .filter((text) => text.length <= max && gidProblem(text) === undefined);
    const contexts = fc.record({ gid: part(128), transType: part(45), branchId: part(128), op: part(45) });
    const urls = fc.constantFrom(
      "http://b/pay",
      "http://b/pay?x=1",
      "http://b/pay?",
      "http://b/pay#here",
      OWN,
    );
    fc.assert(
      fc.property(contexts, urls, (context, url) => {
        expect(branchContextOfQuery(branchUrlOf(url, context))).toEqual(context);
      }),
    );
  });
});

test("metadata without a branch context is refused", () => {
  expect(() => branchContextOfMetadata(new Metadata())).toThrow(/^invalid trans info: /);
});
