/**
 * The answers of the JSON-RPC door (protocol 3). Each has dtm's four members in dtm's order. `result` is null beside an
 * error, where dtm has `{}`, which the standard forbids; our code and what is known stand in `error.data`.
 */
import { JSON_RPC_CODES, type LockstepError } from "@lockstep/protocol";
import { detailHeaderOf } from "../detail-header.ts";

/** The id of a request, which goes back with its type. The answer to a request without one has an empty text. */
export type JsonRpcId = string | number;

/** One answer. */
export interface JsonRpcAnswer {
  /** The HTTP status. */
  readonly status: 200 | 400;
  readonly body: string;
}

type JsonRpcCode = (typeof JSON_RPC_CODES)[keyof typeof JSON_RPC_CODES];

/** The answer of an operation that was done. */
export function jsonRpcResult(id: JsonRpcId, result: object | null): JsonRpcAnswer {
  return { status: 200, body: JSON.stringify({ error: null, id, jsonrpc: "2.0", result }) };
}

/** The answer to a request that got as far as an operation. */
export function jsonRpcFailure(id: JsonRpcId, error: LockstepError): JsonRpcAnswer {
  return jsonRpcError(id, { code: jsonRpcCodeOf(error), error });
}

/** The answer with `code`. As in dtm, only a body that cannot be read has an HTTP status of its own. */
export function jsonRpcError(
  id: JsonRpcId,
  { code, error }: { readonly code: JsonRpcCode; readonly error: LockstepError },
): JsonRpcAnswer {
  const { message } = error;
  const body = JSON.stringify({
    error: { code, data: dataOf(error), message },
    id,
    jsonrpc: "2.0",
    result: null,
  });
  return { status: code === JSON_RPC_CODES.parseError ? 400 : 200, body };
}

function jsonRpcCodeOf({ code }: LockstepError): JsonRpcCode {
  switch (code) {
    // What dtm calls FAILURE: an end, or a status that does not allow the request.
    case "failed":
    case "wrong_status":
      return JSON_RPC_CODES.failure;
    case "ongoing":
      return JSON_RPC_CODES.ongoing;
    default:
      return JSON_RPC_CODES.internalError;
  }
}

/** What the HTTP door's headers say. JSON leaves out what is not known. */
function dataOf(error: LockstepError): object {
  const { code, gid, status } = error;
  const detail = detailHeaderOf(error);
  return { code, gid, status, ...(detail === undefined ? {} : (JSON.parse(detail) as object)) };
}
