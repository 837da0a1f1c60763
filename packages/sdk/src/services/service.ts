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
import { callMsOf } from "../call-time-limit.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { retried } from "../coordinator/retry.ts";
import { CALL_TIMEOUT_MS } from "../limits.ts";
import { encodedRequest } from "./encoded-request.ts";
import type { UnaryChannels } from "./unary-channels.ts";

/** How one direct call of a service is made. */
export interface ServiceCallOptions {
  readonly signal?: AbortSignal;
  /** How long the call may take, tries at other addresses included; the service hears of it as the deadline. Default: 10,000; a day at most. */
  readonly timeoutMs?: number;
  /** Sent along; keys are lower case, values printable ASCII. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A unary method of a service: call it, or name it as an op of a saga's step.
 *
 * A call goes to the target's addresses in turn. It is tried at another address when it cannot have arrived, and,
 * where the .proto declares the method's `idempotency_level`, also when the connection broke on the way.
 * It rejects with grpc-js' own `ServiceError` (`code`, `details`, `metadata`), because its code is what a caller
 * decides by; with a `LockstepError` `unavailable` when the target has no address or its `Lockstep` is closed, and
 * `invalid_argument` where the request cannot be encoded;
 * with the signal's reason when that aborts. A `ServiceError` thrown on in a branch counts as unknown there: whether the refusal of *another*
 * service is a `Failure` of this one is for the branch to say.
 */
export interface BranchMethod<I extends DescMessage, O extends DescMessage> {
  (request: MessageInitShape<I>, options?: ServiceCallOptions): Promise<MessageShape<O>>;
  /** Where a coordinator finds it: `<target>/<package.Service>/<method>`. */
  readonly url: string;
  readonly input: I;
  readonly output: O;
}

/** The unary methods of a service, by their names in the generated code. */
export type ServiceClient<S extends DescService> = {
  readonly [K in keyof S["method"] as S["method"][K] extends { readonly methodKind: "unary" }
    ? K
    : never]: BranchMethod<S["method"][K]["input"], S["method"][K]["output"]>;
};

/** What all clients of services share. */
export interface ServicePorts {
  readonly channels: UnaryChannels;
  readonly clock?: Clock;
}

/** A client of `service` at `target`; what streams is left out, as a transaction cannot use it. */
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
  // Built from the descriptor that the type is read from; TypeScript cannot follow the loop.
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

/** Several plain addresses are no URL that a coordinator could split: they go by their scheme. */
function branchUrlPrefixOf(target: string): string {
  const plain = target.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  return plain.includes("://") || !plain.includes(",") ? plain : `direct:///${plain}`;
}

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
}
