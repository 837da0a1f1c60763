import { randomInt } from "node:crypto";
import { WELCOME_SCORE } from "../limits.ts";
import { createServices, isNotFound, type Services } from "../user-api/services.ts";
import type { System } from "./system.ts";

/** One exchange with user-api, as it happened. */
export interface Exchange {
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

/** What the system tried at its start, and what the reader may try. */
export interface Demonstration {
  /** Undefined if the data belongs to somebody else. */
  readonly tried: Tried | undefined;
  /** A person who is very likely not registered: drawn at each start. */
  readonly free: { readonly id: number; readonly name: string };
}

/** Two registrations with their answers. */
export interface Tried {
  /** A registration that succeeds. */
  readonly registered: Exchange;
  /** A registration that fails in score-rpc, and is rolled back. */
  readonly refused: Exchange & { readonly id: number; readonly isUserLeft: boolean };
}

/** The pages use this id for a registration that must fail. */
const RESERVED_ID = 13;

/** Smaller ids are left to people, and larger ones would make long lines. */
const DEMO_ID_MIN = 1_000_000;
const DEMO_ID_MAX = 999_999_999;

/**
 * Tries the system through its own doors. The ids are drawn, so that a later start on the same data finds them free.
 * If the data belongs to somebody else, it tries and reads nothing, because even a read leaves an entry in the cache.
 */
export async function demonstrate(system: System): Promise<Demonstration> {
  if (!system.isDataOurs) return { tried: undefined, free: somebody() };
  const services = createServices(system.targets);
  try {
    const goodId = demoId();
    const registered = await post(system, { id: goodId, name: `Demo ${goodId}`, gender: "f" });

    const badId = await idWithScore(services);
    const refused = await post(system, { id: badId, name: `Demo ${demoId()}`, gender: "m" });
    const isUserLeft = await exists(services.users.getUser({ id: String(badId) }));
    return {
      tried: { registered, refused: { ...refused, id: badId, isUserLeft } },
      free: somebody(),
    };
  } finally {
    await services.lockstep.close();
  }
}

/**
 * An id that has a score and no user, so that its registration fails in score-rpc: the reserved one, unless somebody has
 * registered it.
 */
async function idWithScore({ lockstep, users, scores }: Services): Promise<number> {
  const id = (await exists(users.getUser({ id: String(RESERVED_ID) }))) ? demoId() : RESERVED_ID;
  const request = { userId: BigInt(id), score: WELCOME_SCORE };
  if (await exists(scores.getUserScore(request))) return id;
  await lockstep.saga().step({ action: scores.saveUserScore, request }).submit({ wait: true });
  return id;
}

async function post({ apiUrl }: System, person: object): Promise<Exchange> {
  const body = JSON.stringify(person);
  const response = await fetch(`${apiUrl}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return { body, status: response.status, answer: await response.text() };
}

function somebody(): Demonstration["free"] {
  const id = demoId();
  return { id, name: `Ann ${id}` };
}

async function exists(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function demoId(): number {
  return randomInt(DEMO_ID_MIN, DEMO_ID_MAX + 1);
}
