import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { LockstepError, type RequestStep, shownUrl } from "@lockstep/protocol";
import { encodedRequest } from "../services/encoded-request.ts";
import type { BranchMethod } from "../services/service.ts";

/** A step whose ops are methods of a gRPC service. Both ops take the same request, which the coordinator stores. */
export interface GrpcStep<I extends DescMessage> {
  /** What the step does: a method of `lockstep.service()`. */
  readonly action: BranchMethod<I, DescMessage>;
  /** Undoes the action. Default: there is nothing to undo. */
  readonly compensate?: BranchMethod<I, DescMessage>;
  /** Sent to either op. */
  readonly request: MessageInitShape<I>;
}

/**
 * A step whose ops are HTTP URLs, called with POST. The coordinator adds `gid`, `trans_type`, `branch_id` and `op` to
 * the query of each URL. So the URLs must not have these parameters, nor `branch_type`, already.
 */
export interface HttpStep {
  /** What the step does: an `http(s)://` URL. */
  readonly action: string;
  /** Undoes the action: an `http(s)://` URL. Default: there is nothing to undo. */
  readonly compensate?: string;
  /** Sent to either op, as JSON. Default: `{}`, because many frameworks refuse a body that is no object or array. */
  readonly body?: unknown;
}

/** A step as it goes into a request. */
export interface EncodedStep extends RequestStep {
  readonly payload: Uint8Array;
  /** Whether the step has gRPC methods, so that the transaction must have the protocol gRPC (protocol 4.1). */
  readonly needsGrpc: boolean;
}

/** Checks and encodes a step; `branchId` names it in errors, as everywhere else. @throws LockstepError `invalid_argument` */
export function encodedStep(step: GrpcStep<DescMessage> | HttpStep, branchId: string): EncodedStep {
  if (isHttpStep(step)) {
    if (step.action === "")
      throw invalid(`The action of branch ${branchId} is empty; a step does something.`);
    return {
      action: checkedHttpUrl(step.action, `The action of branch ${branchId}`),
      compensate: checkedHttpUrl(step.compensate ?? "", `The compensate of branch ${branchId}`),
      payload: jsonBytesOf(step.body, branchId),
      needsGrpc: false,
    };
  }
  const { action, compensate, request } = step;
  checkMethod(action, `The action of branch ${branchId}`);
  if (compensate !== undefined) checkMethod(compensate, `The compensate of branch ${branchId}`);
  return {
    action: action.url,
    compensate: compensate?.url ?? "",
    payload: encodedRequest(action.input, request, `The request of branch ${branchId}`),
    needsGrpc: true,
  };
}

function isHttpStep(step: GrpcStep<DescMessage> | HttpStep): step is HttpStep {
  return typeof step.action === "string";
}

/** The compiler refuses anything else. A caller in plain JavaScript has no compiler. */
function checkMethod(method: unknown, what: string): void {
  if (typeof method === "function" && "url" in method && typeof method.url === "string") return;
  throw invalid(`${what} is neither an HTTP URL nor a method of what lockstep.service() gives.`);
}

/** The parameters that the coordinator appends to each URL. Of two with one name, most branch libraries read the first. */
const COORDINATORS_PARAMETERS = ["gid", "trans_type", "branch_id", "op", "branch_type"];

function checkedHttpUrl(url: string, what: string): string {
  if (url === "") return url;
  if (!/^https?:\/\/./i.test(url)) {
    throw invalid(
      `${what} is "${shownUrl(url)}", which does not start with http:// or https://; name a gRPC method by what lockstep.service() gives.`,
    );
  }
  const [, query] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  const own = new URLSearchParams(query);
  const taken = COORDINATORS_PARAMETERS.find((name) => own.has(name));
  if (taken === undefined) return url;
  throw invalid(
    `${what} has a parameter "${taken}", a name that the coordinator uses for its own and that branches read; name it differently.`,
  );
}

const encoder = new TextEncoder();

function jsonBytesOf(body: unknown, branchId: string): Uint8Array {
  try {
    // JSON has no word for undefined or a function. Express and Nest answer 400 to `null`, and would be asked for hours.
    return encoder.encode(JSON.stringify(body) ?? "{}");
  } catch (cause) {
    throw invalid(`The body of branch ${branchId} cannot be written as JSON: ${String(cause)}.`, cause);
  }
}

function invalid(message: string, cause?: unknown): LockstepError {
  return new LockstepError("invalid_argument", message, cause === undefined ? {} : { cause });
}
