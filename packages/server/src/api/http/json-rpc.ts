/**
 * dtm's JSON-RPC door (protocol 3): one route of the HTTP door, so all that protects that door protects this one. The
 * operations, their parameters and their texts are those of the HTTP routes.
 */
import {
  JSON_RPC_CODES,
  LockstepError,
  quotedText,
  registrationOfParams,
  transGlobalOfParams,
} from "@lockstep/protocol";
import type { Caller } from "../caller.ts";
import type { Operations, Wait } from "../operations.ts";
import { type JsonRpcAnswer, jsonRpcError, jsonRpcFailure, jsonRpcResult } from "./json-rpc-answer.ts";
import { type JsonRpcRequest, paramsOf, readJsonRpcRequest } from "./json-rpc-request.ts";

/** Who asks, and how errors are answered. */
export interface JsonRpcTerms {
  readonly operations: Operations;
  readonly caller: Caller;
  /** How a submit that wants the result waits for it. */
  readonly wait: () => Wait;
  /** The error that the caller may see; logs a mistake of ours. */
  readonly answerable: (thrown: unknown) => LockstepError;
}

type Method = (request: JsonRpcRequest, terms: JsonRpcTerms) => Promise<object | null>;

/** The methods by name. */
const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["newGid", async (_request, { operations, caller }) => ({ gid: operations.newGid(caller) })],
  [
    "prepare",
    async (request, { operations, caller }) => {
      await operations.prepare(transGlobalOfParams(paramsOf(request)), caller);
      return null;
    },
  ],
  [
    "submit",
    async (request, { operations, caller, wait }) => {
      const transaction = transGlobalOfParams(paramsOf(request));
      await operations.submit(transaction, transaction.options.waitResult ? wait() : {}, caller);
      return null;
    },
  ],
  [
    "abort",
    async (request, { operations, caller }) => {
      await operations.abort(transGlobalOfParams(paramsOf(request)), caller);
      return null;
    },
  ],
  [
    "registerBranch",
    async (request, { operations, caller }) => {
      await operations.registerBranch(registrationOfParams(paramsOf(request)), caller);
      return null;
    },
  ],
]);

/** Answers the request in a body. An error is an answer, too. */
export async function answerJsonRpc(bodyText: () => string, terms: JsonRpcTerms): Promise<JsonRpcAnswer> {
  const request = readJsonRpcRequest(bodyText);
  if ("body" in request) return request;
  const { id, method } = request;
  const operation = METHODS.get(method);
  if (operation === undefined) {
    return jsonRpcError(id, { code: JSON_RPC_CODES.methodNotFound, error: notFound(method) });
  }
  try {
    return jsonRpcResult(id, await operation(request, terms));
  } catch (thrown) {
    return jsonRpcFailure(id, terms.answerable(thrown));
  }
}

function notFound(method: string): LockstepError {
  const offered = [...METHODS.keys()].join(", ");
  return new LockstepError(
    "unsupported",
    `Method not found: ${quotedText(method).slice(1, -1)}; this door offers: ${offered}.`,
  );
}
