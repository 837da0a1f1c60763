import {
  isAbsent,
  JSON_RPC_CODES,
  type JsonObject,
  knownMembers,
  LockstepError,
  objectOf,
  parseJson,
  quotedText,
} from "@lockstep/protocol";
import { type JsonRpcAnswer, type JsonRpcId, jsonRpcError } from "./json-rpc-answer.ts";

/** A request that asks for something, whether there is such a method or not. */
export interface JsonRpcRequest {
  readonly id: JsonRpcId;
  readonly method: string;
  /** Not checked yet. */
  readonly params: unknown;
}

const MEMBERS = new Set(["id", "jsonrpc", "method", "params"] as const);

/** The id of answers to requests that have none. */
const NO_ID = "";

/** Reads the envelope of a body, or says what to answer. As in dtm, a member of the wrong type counts as JSON that is not well-formed. */
export function readJsonRpcRequest(bodyText: () => string): JsonRpcRequest | JsonRpcAnswer {
  try {
    const json = parseJson(bodyText(), "The body");
    if (Array.isArray(json)) return invalid(NO_ID, "a batch is not taken; send each request by itself.");
    return requestOf(knownMembers(objectOf(json, "The body"), MEMBERS));
  } catch (error) {
    if (error instanceof LockstepError) return unreadable(error);
    throw error;
  }
}

function requestOf(members: Partial<Readonly<Record<string, unknown>>>): JsonRpcRequest | JsonRpcAnswer {
  const { id = null, jsonrpc = "", method = "", params } = members;
  if (!isId(id)) throw wrongMember("id", "a text, or a number that is exact up to 9007199254740991");
  if (typeof jsonrpc !== "string") throw wrongMember("jsonrpc", 'the text "2.0"');
  if (typeof method !== "string") throw wrongMember("method", "a text");
  if (id === null || id === "") {
    return invalid(NO_ID, "it has no id; every request needs one, because notifications are not taken.");
  }
  if (jsonrpc !== "2.0")
    return invalid(id, `jsonrpc is ${quotedText(jsonrpc)}; this door speaks "2.0" alone.`);
  return { id, method, params };
}

/** A number that is not exact would come back as another one, and its caller would wait in vain for its own. */
function isId(id: unknown): id is JsonRpcId | null {
  if (typeof id !== "number") return id === null || typeof id === "string";
  return Number.isSafeInteger(id) || (Number.isFinite(id) && !Number.isInteger(id));
}

function wrongMember(name: string, wanted: string): LockstepError {
  return new LockstepError("invalid_argument", `${name} must be ${wanted}.`);
}

/** The parameters by name. Absent ones have no members, so that the sentence names the first member that is missing. */
export function paramsOf({ params }: JsonRpcRequest): JsonObject {
  return isAbsent(params) ? {} : objectOf(params, "params");
}

function invalid(id: JsonRpcId, why: string): JsonRpcAnswer {
  const error = new LockstepError("invalid_argument", `Bad json request: ${why}`);
  return jsonRpcError(id, { code: JSON_RPC_CODES.invalidRequest, error });
}

function unreadable({ code, message }: LockstepError): JsonRpcAnswer {
  const error = new LockstepError(code, `Parse json error: ${message}`);
  return jsonRpcError(NO_ID, { code: JSON_RPC_CODES.parseError, error });
}
