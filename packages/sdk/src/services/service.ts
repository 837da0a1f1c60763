import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Metadata } from "@grpc/grpc-js";
import { isUnavailable, neverLeft } from "@lockstep/grpc-client";
import { callMsOf } from "../calls/call-time-limit.ts";
import { retried } from "../calls/retry.ts";
import type { UnaryChannels } from "../calls/unary-channels.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { CALL_TIMEOUT_MS } from "../limits.ts";
import { encodedRequest } from "./encoded-request.ts";

/** How one direct call of a service is made. */
export interface ServiceCallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * How many milliseconds the call may take, with tries at other addresses. The service is told by the deadline. Default:
   * 10,000; at most a day.
   */
  readonly timeoutMs?: number;
  /** Metadata that is sent with the call. Keys are in lower case, values in printable ASCII. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A unary method of a gRPC service: call it, or name it as an op in a step of a saga.
 *
 * Calls go to the target's addresses in turn. A call is tried at another address when it cannot have arrived. Where the
 * .proto declares an `idempotency_level` for the method, it is also tried again when the connection broke on the way.
 *
 * A call rejects with
 * - grpc-js' own `ServiceError` (`code`, `details`, `metadata`), because a caller decides by its code;
 * - a `LockstepError` `unavailable` when the target has no address or its `Lockstep` is closed, and `invalid_argument`
 *   when the request cannot be encoded;
 * - the reason of the signal when that aborts.
 *
 * A branch that throws a `ServiceError` on has an unknown outcome. Whether the refusal of *another* service is a
 * `Failure` of this branch, the branch itself must say.
 */
export interface BranchMethod<I extends DescMessage, O extends DescMessage> {
  /** Calls the method and resolves to its reply. */
  (request: MessageInitShape<I>, options?: ServiceCallOptions): Promise<MessageShape<O>>;
  /** The URL by which a coordinator calls the method: `<target>/<package.Service>/<method>`. */
  readonly url: string;
  /** The descriptor of the request. */
  readonly input: I;
  /** The descriptor of the reply. */
  readonly output: O;
}

/** A client of a gRPC service: its unary methods, by their names in the generated code. */
export type ServiceClient<S extends DescService> = {
  readonly [K in keyof S["method"] as S["method"][K] extends { readonly methodKind: "unary" }
    ? K
    : never]: BranchMethod<S["method"][K]["input"], S["method"][K]["output"]>;
};

/** What the clients of all services share. */
export interface ServicePorts {
  readonly channels: UnaryChannels;
  readonly clock?: Clock;
}

/** A client of `service` at `target`. It has no methods that stream, because a transaction cannot use them. */
export function createServiceClient<S extends DescService>(
  service: S,
  target: string,
  { channels, clock = MACHINE_CLOCK }: ServicePorts,
): ServiceClient<S> {
  const client: Record<string, BranchMethod<DescMessage, DescMessage>> = {};
  for (const method of service.methods) {
    if (method.methodKind === "unary") {
      client[method.localName] = branchMethodOf(method, { target, channels, clock });
    }
  }
  // The loop has made a method for each name in the type, but TypeScript cannot follow it.
  return Object.freeze(client) as ServiceClient<S>;
}

function branchMethodOf(
  method: DescMethod,
  { target, channels, clock }: { target: string; channels: UnaryChannels; clock: Clock },
): BranchMethod<DescMessage, DescMessage> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const repeatable = method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
  const invoke = async (
    init: MessageInitShape<DescMessage>,
    { signal, timeoutMs = CALL_TIMEOUT_MS, metadata = {} }: ServiceCallOptions = {},
  ): Promise<MessageShape<DescMessage>> => {
    const deadlineAt = clock.now() + callMsOf(timeoutMs, "timeoutMs");
    const call = {
      path,
      request: encodedRequest(method.input, init, `The request to ${method.name}`),
      metadata: metadataOf(metadata),
      deadlineAt,
      signal,
    };
    const reply = await retried(() => channels.call(call), {
      clock,
      signal,
      deadlineAt,
      isLost: repeatable ? isUnavailable : neverLeft,
    });
    return fromBinary(method.output, reply);
  };
  return Object.assign(invoke, {
    url: branchUrlPrefixOf(target) + path,
    input: method.input,
    output: method.output,
  });
}

/** The start of a method's URL. A list of plain addresses needs a scheme, or a coordinator could not split the URL. */
function branchUrlPrefixOf(target: string): string {
  const plain = target.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  return plain.includes("://") || !plain.includes(",") ? plain : `direct:///${plain}`;
}

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
}
