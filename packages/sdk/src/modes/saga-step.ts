import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { LockstepError, type RequestStep } from "@lockstep/protocol";
import { encodedRequest } from "../services/encoded-request.ts";
import type { BranchMethod } from "../services/service.ts";

/** A step whose ops are methods of a gRPC service. Both take the same request: it is stored and sent to either. */
export interface GrpcStep<I extends DescMessage> {
  readonly action: BranchMethod<I, DescMessage>;
  /** Undoes the action. Default: nothing to undo. */
  readonly compensate?: BranchMethod<I, DescMessage>;
  readonly request: MessageInitShape<I>;
}

/**
 * A step whose ops are HTTP URLs, called with POST. The coordinator adds `gid`, `trans_type`, `branch_id` and `op` to
 * their queries, so they may have none of these, nor `branch_type`, by themselves.
 */
export interface HttpStep {
  readonly action: string;
  /** Undoes the action. Default: nothing to undo. */
  readonly compensate?: string;
  /** Sent to either op as JSON. Default: `null`. */
  readonly body?: unknown;
}

/** A step as it goes into a request. */
export interface EncodedStep extends RequestStep {
  readonly payload: Uint8Array;
  /** Whether only a transaction over gRPC can call it (protocol 4.1). */
  readonly needsGrpc: boolean;
}

/** `number` names the step in errors. @throws LockstepError `invalid_argument` */
export function encodedStep(step: GrpcStep<DescMessage> | HttpStep, number: number): EncodedStep {
  if (isHttpStep(step)) {
    if (step.action === "") throw invalid(`The action of step ${number} is empty; a step does something.`);
    return {
      action: checkedHttpUrl(step.action, `The action of step ${number}`),
      compensate: checkedHttpUrl(step.compensate ?? "", `The compensate of step ${number}`),
      payload: jsonBytesOf(step.body, number),
      needsGrpc: false,
    };
  }
  const { action, compensate, request } = step;
  checkMethod(action, `The action of step ${number}`);
  if (compensate !== undefined) checkMethod(compensate, `The compensate of step ${number}`);
  return {
    action: action.url,
    compensate: compensate?.url ?? "",
    payload: encodedRequest(action.input, request, `The request of step ${number}`),
    needsGrpc: true,
  };
}

function isHttpStep(step: GrpcStep<DescMessage> | HttpStep): step is HttpStep {
  return typeof step.action === "string";
}

/** What the compiler lets nobody write, and JavaScript everybody. */
function checkMethod(method: unknown, what: string): void {
  if (typeof method === "function" && "url" in method && typeof method.url === "string") return;
  throw invalid(`${what} is neither an HTTP URL nor a method of what lockstep.service() gives.`);
}

/** What the coordinator appends to every call; of two by one name most branch libraries read the first. */
const COORDINATORS_PARAMETERS = ["gid", "trans_type", "branch_id", "op", "branch_type"];

function checkedHttpUrl(url: string, what: string): string {
  if (url === "") return url;
  if (!/^https?:\/\/./i.test(url)) {
    throw invalid(
      `${what} is "${url}", which does not start with http:// or https://; name a gRPC method by what lockstep.service() gives.`,
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

function jsonBytesOf(body: unknown, number: number): Uint8Array {
  try {
    // What JSON cannot say at all (undefined, a function) is `null`, as dtm's clients send it.
    return encoder.encode(JSON.stringify(body) ?? "null");
  } catch (cause) {
    throw invalid(`The body of step ${number} cannot be written as JSON: ${String(cause)}.`, cause);
  }
}

function invalid(message: string, cause?: unknown): LockstepError {
  return new LockstepError("invalid_argument", message, cause === undefined ? {} : { cause });
}
