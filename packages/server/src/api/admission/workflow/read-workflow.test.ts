// Goal: a workflow's requests become what is stored: the caller's branch with the input as its transport sends it, the
// rows, and the end.
import { describe, expect, test } from "vitest";
import type { EpochMs, Gid } from "../../../transaction/model.ts";
import { aRequest, bytesOf, type RequestChanges } from "../../request-fixture.ts";
import { admitBranch, admitTransaction } from "../admit.ts";

const TERMS = { now: 0 as EpochMs, timeLimitMs: 35_000 };

function admitted(changes: RequestChanges) {
  const customData = JSON.stringify({ name: "order", data: btoa("input") });
  return admitTransaction(
    aRequest({ transType: "workflow", steps: [], payloads: [], customData, ...changes }),
    TERMS,
  );
}

describe("the caller's branch", () => {
  test.each([
    ["http", "http://c/back", bytesOf("input")],
    ["grpc", "c:1/workflow.Workflow/Execute", new Uint8Array([0x0a, 5, ...bytesOf("input")])],
    ["grpc", "http://c/back", bytesOf("input")],
  ] as const)("over %s at %s has the input", (protocol, queryPrepared, payload) => {
    const { branches, definition } = admitted({ protocol, queryPrepared });
    expect(branches).toEqual([{ id: "00", urls: { order: queryPrepared }, payload }]);
    expect(definition.settings).toEqual({ callBackAfterMs: 10_000 });
  });

  test("is called back after the caller's own interval", () => {
    const { settings } = admitted({ options: { retryIntervalS: 60 } }).definition;
    expect(settings).toEqual({ callBackAfterMs: 60_000 });
  });

  test("is refused at a URL that nobody can call", () => {
    expect(() => admitted({ queryPrepared: "ftp://c/back" })).toThrow("query_prepared: The branch URL");
  });
});

test("the end has its reason and its result, and no branch", () => {
  const reqExtra = { status: "failed", rollback_reason: "no stock", result: "cg==" };
  const { branches, definition } = admitted({ reqExtra });
  expect(branches).toEqual([]);
  expect(definition).toMatchObject({
    settings: { decision: { status: "failed", reason: "no stock" } },
    result: "cg==",
  });
});

test("a row is a branch whose one op was called already", () => {
  const { definition } = admitted({});
  const fields = { confirm: "", cancel: "", url: "", op: "action", status: "failed" };
  const registration = {
    gid: "g1" as Gid,
    transType: "workflow",
    branchId: "01",
    payload: bytesOf("no"),
    fields,
  };
  expect(admitBranch(registration, definition)).toEqual({
    transType: "workflow",
    branches: [{ id: "01", urls: { action: "" }, payload: bytesOf("no") }],
    statuses: ["failed"],
  });
});
