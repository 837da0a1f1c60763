// Goal: what goes over gRPC is what a coordinator expects, whoever of several answers, and its refusals are told apart.
// Method: real grpc-js servers that record requests and answer as Lockstep or as dtm does.
import { once } from "node:events";
import { constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Metadata, type Server, type ServiceDefinition, status } from "@grpc/grpc-js";
import {
  CODES,
  type Code,
  DtmGidReplySchema,
  DtmRequestSchema,
  HEADER_CODE,
  HEADER_STATUS,
  LockstepError,
  messageOfRequest,
} from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { RETRY_PAUSES_MS } from "../calls/retry.ts";
import { aRequest } from "../fixture/a-request.ts";
import { BankProcess } from "../fixture/bank-process.ts";
import { startGrpc } from "../fixture/bank-server.ts";
import { NotedClock } from "../fixture/noted-clock.ts";
import { CALL_MS_MAX } from "../limits.ts";
import { GrpcCoordinator } from "./grpc-coordinator.ts";
import { TransactionFailedError, TransactionOngoingError } from "./transaction-error.ts";

interface Recorded {
  readonly method: string;
  readonly body: Uint8Array;
  readonly deadlineMs: number;
}

interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly lockstepCode?: string;
  readonly lockstepStatus?: string;
}

/** What is answered to the call that `earlier` ones came before: a refusal, or the reply. */
type Answer = (earlier: number) => Refusal | undefined;

const METHODS = ["NewGid", "Prepare", "Submit", "Abort"] as const;

/** Adds dtm's service to a server, on bytes, and records what arrives. */
function dtmOn(server: Server, { recorded, answer }: { recorded: Recorded[]; answer: Answer }): void {
  const definition: Record<string, ServiceDefinition[string]> = {};
  for (const method of METHODS) {
    const same = (bytes: Buffer): Buffer => bytes;
    definition[method] = {
      path: `/dtmgimp.Dtm/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
  }
  const handlerOf = (method: string) => (call: UnaryCall, callback: UnaryCallback) => {
    const deadlineMs = Number(call.getDeadline()) - Date.now();
    recorded.push({ method, body: new Uint8Array(call.request), deadlineMs });
    const refusal = answer(recorded.length - 1);
    if (refusal === undefined) {
      const reply = toBinary(DtmGidReplySchema, create(DtmGidReplySchema, { Gid: "g9" }));
      callback(null, Buffer.from(method === "NewGid" ? reply : []));
      return;
    }
    const metadata = new Metadata();
    if (refusal.lockstepCode !== undefined) metadata.set(HEADER_CODE, refusal.lockstepCode);
    if (refusal.lockstepStatus !== undefined) metadata.set(HEADER_STATUS, refusal.lockstepStatus);
    callback({ code: refusal.code, details: refusal.details, metadata });
  };
  server.addService(definition, Object.fromEntries(METHODS.map((method) => [method, handlerOf(method)])));
}

interface UnaryCall {
  readonly request: Buffer;
  getDeadline(): Date | number;
}
type UnaryCallback = (
  error: { code: status; details: string; metadata: Metadata } | null,
  reply?: Buffer,
) => void;

async function coordinatorThat(answer: Answer) {
  const recorded: Recorded[] = [];
  const server = await startGrpc((grpc) => dtmOn(grpc, { recorded, answer }));
  const clock = new NotedClock();
  const client = new GrpcCoordinator(server.address, { clock });
  return {
    server,
    recorded,
    clock,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("GrpcCoordinator", () => {
  test("sends each operation as the protocol has it", async () => {
    await using on = await coordinatorThat(() => undefined);
    expect(await on.client.newGid()).toBe("g9");
    await on.client.prepare(aRequest());
    await on.client.submit(aRequest());
    await on.client.abort(aRequest());
    expect(on.recorded.map(({ method }) => method)).toEqual(["NewGid", "Prepare", "Submit", "Abort"]);
    expect(on.recorded[0]?.body).toHaveLength(0);
    for (const { body } of on.recorded.slice(1)) {
      expect(fromBinary(DtmRequestSchema, body)).toEqual(messageOfRequest(aRequest()));
    }
  });

  test("says by its deadline how long it waits", async () => {
    await using on = await coordinatorThat(() => undefined);
    await on.client.submit(aRequest(true), { waitMs: 60_000 });
    await on.client.submit(aRequest());
    await on.client.submit(aRequest(true), { waitMs: 1e14 });
    const [waiting, plain, longest] = on.recorded.map(({ deadlineMs }) => deadlineMs);
    // What a busy machine takes until the call arrives is missing; half of the time is more than that.
    expect(waiting).toBeGreaterThan(30_000);
    expect(waiting).toBeLessThanOrEqual(60_200);
    expect(plain).toBeLessThanOrEqual(10_000);
    expect(longest).toBeGreaterThan(CALL_MS_MAX / 2);
    expect(longest).toBeLessThanOrEqual(CALL_MS_MAX + 200);
  });

  test.for((Object.keys(CODES) as Code[]).filter((code) => CODES[code].grpc !== status.UNAVAILABLE))(
    "lockstep-code %s comes back as that code",
    async (code) => {
      await using on = await coordinatorThat(() => ({
        code: CODES[code].grpc,
        details: "A sentence.",
        lockstepCode: code,
      }));
      const error: unknown = await on.client.submit(aRequest(true)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(LockstepError);
      expect(error).toMatchObject({ code, gid: "g1" });
      expect(error instanceof TransactionFailedError).toBe(code === "failed");
      expect(error instanceof TransactionOngoingError).toBe(code === "ongoing");
      expect(on.recorded).toHaveLength(1);
    },
  );

  // A dtm server sends no code: its status counts, and where that says too little its text.
  test.for<[status, string, Partial<LockstepError>]>([
    [status.ABORTED, "no money FAILURE", { code: "failed", reason: "no money FAILURE" }],
    [
      status.ABORTED,
      "current status 'failed', cannot prepare. FAILURE",
      { code: "wrong_status", status: "failed" },
    ],
    [status.ABORTED, "wait result not return success: FAILURE", { code: "ongoing" }],
    [status.FAILED_PRECONDITION, "ONGOING", { code: "ongoing" }],
    [status.INTERNAL, "no TransGlobal with gid: g1 found", { code: "unknown_gid" }],
    // Whether it was accepted is open.
    [status.UNKNOWN, "storage: UniqueKeyConflict", { code: "unavailable" }],
    [status.INTERNAL, "runtime error: invalid memory address", { code: "unavailable" }],
    [status.CANCELLED, "Call cancelled", { code: "unavailable" }],
    [status.UNIMPLEMENTED, "unknown service", { code: "unsupported" }],
  ])("without a code, %i %s means %o", async ([code, details, expected]) => {
    await using on = await coordinatorThat(() => ({ code, details }));
    await expect(on.client.submit(aRequest(true))).rejects.toMatchObject({ ...expected, gid: "g1" });
    expect(on.recorded).toHaveLength(1);
  });

  test("a call that is cut off after it has arrived leaves open whether it was accepted", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    server.on("stream", (stream) => {
      stream.on("error", () => undefined).on("end", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
      stream.resume();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = new GrpcCoordinator(`127.0.0.1:${port}`);
    await expect(client.submit(aRequest())).rejects.toMatchObject({ code: "unavailable", gid: "g1" });
    await client.close();
    server.close();
  });

  test.for([
    ["failed", "url:http://b/pay return failed: no money FAILURE", "aborting"],
    ["ongoing", "gid 'g1' is accepted. ONGOING", "submitted"],
    ["wrong_status", "global transaction force stop error. FAILURE", "succeed"],
  ] as const)("of %s (%s) the stored status is told: %s", async ([code, details, stored]) => {
    await using on = await coordinatorThat(() => ({
      code: CODES[code].grpc,
      details,
      lockstepCode: code,
      lockstepStatus: stored,
    }));
    await expect(on.client.submit(aRequest(true))).rejects.toMatchObject({ code, status: stored, gid: "g1" });
  });

  test("a coordinator that cannot be found is told with the gid", async () => {
    const client = new GrpcCoordinator("etcd://127.0.0.1:1/dtmservice", { clock: new NotedClock() });
    await expect(client.submit(aRequest())).rejects.toMatchObject({ code: "unavailable", gid: "g1" });
    await client.close();
  });

  test("a silent coordinator is told in a sentence, with the gid", async () => {
    await using frozen = await BankProcess.start();
    const client = new GrpcCoordinator(frozen.address);
    await expect(client.newGid()).rejects.toMatchObject({ code: "unsupported" });
    frozen.freeze();
    await expect(client.submit(aRequest(true), { waitMs: 50 })).rejects.toMatchObject({
      code: "unavailable",
      gid: "g1",
      message: expect.stringContaining("repeat it with the same gid"),
    });
    await client.close();
  });

  test("has no query", async () => {
    await using on = await coordinatorThat(() => undefined);
    await expect(on.client.query("g1")).rejects.toMatchObject({ code: "unsupported", gid: "g1" });
  });

  test("passes a coordinator by that cannot be reached", async () => {
    let dead = "";
    {
      await using gone = await startGrpc(() => undefined);
      dead = gone.address;
    }
    await using on = await coordinatorThat(() => undefined);
    const client = new GrpcCoordinator(`direct:///${dead},${on.server.address}`, { clock: new NotedClock() });
    for (let i = 0; i < 4; i++) expect(await client.newGid()).toBe("g9");
    await client.close();
    expect(on.recorded).toHaveLength(4);
  });

  test("gives up after a few tries, with growing pauses, and names the trouble", async () => {
    await using on = await coordinatorThat(() => ({
      code: status.UNAVAILABLE,
      details: "The store is away.",
    }));
    const submitting = on.client.submit(aRequest());
    await expect(submitting).rejects.toMatchObject({
      code: "unavailable",
      message: "The store is away.",
      gid: "g1",
    });
    expect(on.clock.pausesMs).toEqual(RETRY_PAUSES_MS);
    expect(on.recorded).toHaveLength(1 + RETRY_PAUSES_MS.length);
  });

  const refused = (current: string): Refusal => ({
    code: status.ABORTED,
    details: `current status '${current}', cannot sumbmit. FAILURE`,
  });
  const lost: Refusal = { code: status.UNAVAILABLE, details: "connection reset" };

  test("a submit whose first answer was lost and that has succeeded since is a success", async () => {
    await using on = await coordinatorThat((earlier) => (earlier === 0 ? lost : refused("succeed")));
    await on.client.submit(aRequest());
    expect(on.recorded).toHaveLength(2);
  });

  test("a submit whose first answer was lost and that has failed since is that failure", async () => {
    await using on = await coordinatorThat((earlier) => (earlier === 0 ? lost : refused("aborting")));
    const error: unknown = await on.client.submit(aRequest()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionFailedError);
    expect(error).toMatchObject({ status: "aborting" });
  });

  test("the same refusal of a first submit stays what it is", async () => {
    await using on = await coordinatorThat(() => refused("succeed"));
    await expect(on.client.submit(aRequest())).rejects.toMatchObject({
      code: "wrong_status",
      status: "succeed",
    });
  });

  test("an abort whose first answer was lost and that is done is a success", async () => {
    await using on = await coordinatorThat((earlier) => (earlier === 0 ? lost : refused("failed")));
    await on.client.abort(aRequest());
    expect(on.recorded).toHaveLength(2);
  });

  test("an abort by the caller ends the call with its reason", async () => {
    await using on = await coordinatorThat(() => lost);
    const reason = new Error("gone");
    await expect(on.client.submit(aRequest(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(on.recorded).toHaveLength(0);
  });
});
