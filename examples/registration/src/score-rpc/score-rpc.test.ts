// Goal: score.UserScore gives direct callers and a coordinator the right answers.
// Method: the real service on SQLite, called over gRPC.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { Lockstep, type ServiceClient } from "lockstep";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserScore } from "../gen/score_pb.ts";
import type { RunningService } from "../service/running-service.ts";
import { createServiceLog } from "../service/service-log.ts";
import { parseScoreRpcConfig, startScoreRpc } from "./score-rpc.ts";

let folder: string;
let service: RunningService;
let lockstep: Lockstep;
let scores: ServiceClient<typeof UserScore>;
let gidCount = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-score-rpc-"));
  const config = parseScoreRpcConfig({
    env: { LISTEN_ON: "127.0.0.1:0", DATABASE_URL: `sqlite:${join(folder, "score.db")}` },
  });
  service = await startScoreRpc(config, createServiceLog("score-rpc", { level: "silent" }));
  lockstep = new Lockstep("http://127.0.0.1:1");
  scores = lockstep.service(UserScore, service.address);
});

afterAll(async () => {
  await lockstep?.close();
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The metadata that a coordinator sends with a call. */
const branch = (op: "action" | "compensate", gid = `g${++gidCount}`) => ({
  metadata: { "dtm-gid": gid, "dtm-trans_type": "saga", "dtm-branch_id": "02", "dtm-op": op },
});

test("the welcome score is given once; a second time is a FAILURE, which takes nothing away", async () => {
  const request = { userId: 9_007_199_254_740_993n, score: 10 };
  await expect(scores.getUserScore(request)).rejects.toMatchObject({ code: status.NOT_FOUND });
  const first = branch("action");
  for (const _ of ["first", "repeated"])
    expect(await scores.saveUserScore(request, first)).toMatchObject(request);

  const second = branch("action");
  await expect(scores.saveUserScore(request, second)).rejects.toMatchObject({
    code: status.ABORTED,
    details: "user 9007199254740993 has had the welcome score already",
  });
  await scores.saveUserScoreCallback(request, branch("compensate", second.metadata["dtm-gid"]));
  expect(await scores.getUserScore(request)).toMatchObject(request);

  await scores.saveUserScoreCallback(request, branch("compensate", first.metadata["dtm-gid"]));
  await expect(scores.getUserScore(request)).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test.for([
  [{ userId: 0n, score: 10 }, /^userId must/],
  [{ userId: -1n, score: 10 }, /^userId must/],
  [{ userId: 1n, score: 0 }, /^score must/],
] as const)("no score: case %#", async ([request, says]) => {
  const detailed = (code: status) => ({ code, details: expect.stringMatching(says) });
  await expect(scores.saveUserScore(request)).rejects.toMatchObject(detailed(status.INVALID_ARGUMENT));
  await expect(scores.saveUserScore(request, branch("action"))).rejects.toMatchObject(
    detailed(status.ABORTED),
  );
});

test("an undo passes the barrier first, whatever its request: the action that comes later gives nothing", async () => {
  const action = branch("action");
  await scores.saveUserScoreCallback({ userId: 0n }, branch("compensate", action.metadata["dtm-gid"]));
  await scores.saveUserScore({ userId: 31n, score: 10 }, action);
  await expect(scores.getUserScore({ userId: 31n })).rejects.toMatchObject({ code: status.NOT_FOUND });
});
