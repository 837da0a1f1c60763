import { status } from "@grpc/grpc-js";
import { Barrier, Failure, type GrpcHandlers } from "lockstep";
import { z } from "zod";
import { CachedReads } from "../cache/cached-reads.ts";
import type { User as UserService } from "../gen/user_pb.ts";
import { TEXT_CHARACTERS_MAX } from "../limits.ts";
import type { StoredUser, User } from "../registration/user.ts";
import { parseUserId, USER_ID_RULE } from "../registration/user-id.ts";
import { GENDER_RULE, NAME_RULE, parseGender, parseName } from "../registration/user-text.ts";
import { isBranchCall } from "../service/branch-call.ts";
import { GrpcStatusError } from "../service/grpc-status-error.ts";
import type { RpcHandlersOptions } from "../service/rpc-service.ts";
import type { NewUser, UserStore } from "./user-store.ts";

/** The methods of `user.User`. */
export function userHandlers(options: RpcHandlersOptions<UserStore>): GrpcHandlers<typeof UserService> {
  const { store, cache, barrier, onCacheTrouble } = options;
  const users = new CachedReads<number, StoredUser>({
    cache,
    keyOf: (id) => `cache:user:id:${id}`,
    encode: (user) => JSON.stringify(user),
    decode: cachedUserOf,
    load: (id) => store.findById(id),
    onTrouble: onCacheTrouble,
  });
  return {
    async getUser(request) {
      const id = parseUserId(request.id);
      if (id === undefined) throw new GrpcStatusError(status.INVALID_ARGUMENT, `id ${USER_ID_RULE}`);
      const user = await users.read(id);
      if (user === undefined) throw new GrpcStatusError(status.NOT_FOUND, `there is no user ${id}`);
      return { ...replyOf(user), stamp: user.stamp };
    },

    async findByName(request) {
      const name = parseName(request.name);
      const found = name === undefined ? undefined : await store.findByName(name);
      if (found === undefined) throw new GrpcStatusError(status.NOT_FOUND, "there is no user of this name");
      return { id: String(found.id), name: found.name, passwordHash: found.passwordHash };
    },

    async saveUser(request, call) {
      const user = newUserOf(request);
      if (typeof user === "string") {
        // A coordinator reads INVALID_ARGUMENT as unknown, and would repeat the call until it parks the transaction.
        throw isBranchCall(call) ? new Failure(user) : new GrpcStatusError(status.INVALID_ARGUMENT, user);
      }
      await store.insert(Barrier.from(call, barrier), user);
      // Even if the barrier skipped the insert: an earlier call may have died between its commit and this line.
      await users.drop(user.id);
      return replyOf(user);
    },

    async saveUserCallback(request, call) {
      const id = parseUserId(request.id);
      // The barrier comes first, whatever the request is: an action that arrives later must not take effect.
      await store.remove(Barrier.from(call, barrier), id);
      if (id !== undefined) await users.drop(id);
      return {};
    },
  };
}

function replyOf({ id, name, gender }: User): { id: string; name: string; gender: string } {
  return { id: String(id), name, gender };
}

/** The user in a request, or a sentence that says what is wrong with it. */
function newUserOf(request: {
  readonly id: string;
  readonly name: string;
  readonly gender: string;
  readonly passwordHash: string;
}): NewUser | string {
  const { passwordHash } = request;
  const id = parseUserId(request.id);
  const name = parseName(request.name);
  const gender = parseGender(request.gender);
  if (id === undefined) return `id ${USER_ID_RULE}`;
  if (name === undefined) return `name ${NAME_RULE}`;
  if (gender === undefined) return `gender ${GENDER_RULE}`;
  if (passwordHash.length > TEXT_CHARACTERS_MAX) {
    return `password_hash must have at most ${TEXT_CHARACTERS_MAX} characters`;
  }
  return { id, name, gender, passwordHash };
}

const CACHED_USER = z.object({ id: z.number(), name: z.string(), gender: z.string(), stamp: z.string() });

function cachedUserOf(text: string): StoredUser | undefined {
  try {
    return CACHED_USER.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
