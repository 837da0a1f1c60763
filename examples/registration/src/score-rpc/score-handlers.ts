import { status } from "@grpc/grpc-js";
import { Barrier, Failure, type GrpcHandlers } from "lockstep";
import { CachedReads } from "../cache/cached-reads.ts";
import type { UserScore as UserScoreService } from "../gen/score_pb.ts";
import { isBranchCall } from "../service/branch-call.ts";
import { GrpcStatusError } from "../service/grpc-status-error.ts";
import type { RpcHandlersOptions } from "../service/rpc-service.ts";
import type { ScoreStore, UserScore } from "./score-store.ts";

/** The methods of `score.UserScore`. */
export function scoreHandlers(
  options: RpcHandlersOptions<ScoreStore>,
): GrpcHandlers<typeof UserScoreService> {
  const { store, cache, barrier, onCacheTrouble } = options;
  const scores = new CachedReads<bigint, UserScore>({
    cache,
    keyOf: (userId) => `cache:user-score:userId:${userId}`,
    encode: ({ userId, score }) => `${userId} ${score}`,
    decode: cachedScoreOf,
    load: (userId) => store.findByUser(userId),
    onTrouble: onCacheTrouble,
  });
  return {
    async getUserScore({ userId }) {
      const score = await scores.read(userId);
      if (score === undefined) throw new GrpcStatusError(status.NOT_FOUND, `user ${userId} has no score`);
      return score;
    },

    async saveUserScore({ userId, score }, call) {
      const problem = problemOf({ userId, score });
      if (problem !== undefined) {
        // A coordinator reads INVALID_ARGUMENT as unknown, and would repeat the call until it parks the transaction.
        throw isBranchCall(call)
          ? new Failure(problem)
          : new GrpcStatusError(status.INVALID_ARGUMENT, problem);
      }
      await store.insert(Barrier.from(call, barrier), { userId, score });
      // Even if the barrier skipped the insert: an earlier call may have died between its commit and this line.
      await scores.drop(userId);
      return { userId, score };
    },

    async saveUserScoreCallback({ userId }, call) {
      await store.remove(Barrier.from(call, barrier), userId);
      await scores.drop(userId);
      return {};
    },
  };
}

function problemOf({ userId, score }: UserScore): string | undefined {
  if (userId < 1n) return "userId must be a positive number";
  return score < 1 ? "score must be a positive number" : undefined;
}

function cachedScoreOf(text: string): UserScore | undefined {
  const [, userId, score] = /^(\d{1,19}) (\d{1,10})$/.exec(text) ?? [];
  return userId === undefined ? undefined : { userId: BigInt(userId), score: Number(score) };
}
