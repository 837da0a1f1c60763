/**
 * The gRPC door: dtm's service `dtmgimp.Dtm`, server reflection and the standard health service, on one port.
 *
 * The door owns its sockets. It answers every error that is thrown behind it, and logs the error if it was our mistake.
 * It decodes messages itself, because the library answers INTERNAL to a message that it cannot decode.
 */
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  type Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  type Address,
  bufferOf,
  CODES,
  Dtm,
  DtmBranchRequestSchema,
  DtmGidReplySchema,
  DtmProgressesReplySchema,
  DtmRequestSchema,
  LockstepError,
  progressesOf,
  registrationOfMessage,
  requestOfMessage,
  type TransactionRequest,
  withResultWord,
} from "@lockstep/protocol";
import type { EngineLog } from "../../engine/ports.ts";
import { isWithin } from "../../is-within.ts";
import { cutText } from "../../transaction/limits.ts";
import { answerableError } from "../answerable-error.ts";
import { type Caller, callerFrom } from "../caller.ts";
import { cannotListen, type Door, type DoorOptions } from "../door.ts";
import {
  CONNECTIONS_MAX,
  DOOR_STOP_GRACE_MS,
  GRPC_CALLS_PER_CONNECTION_MAX,
  GRPC_DEADLINE_MARGIN_MS,
  GRPC_HEALTH_MS,
  GRPC_MESSAGE_BYTES_MAX,
  GRPC_MESSAGE_CHARACTERS_MAX,
  GRPC_WATCHERS_GRACE_MS,
  REQUEST_ARRIVAL_MS_MAX,
} from "../limits.ts";
import type { Operations, Wait } from "../operations.ts";
import { OurHosts } from "../our-hosts.ts";
import { RunningRequests } from "../running-requests.ts";
import { limitArrival } from "./grpc-arrival.ts";
import { GrpcHealth } from "./grpc-health.ts";
import { GrpcListener } from "./grpc-listener.ts";
import { checkMessageExtent } from "./grpc-message-extent.ts";
import { addReflection } from "./grpc-reflection.ts";
import { otherSitesRefused } from "./grpc-site-check.ts";
import { trailersOf } from "./grpc-trailers.ts";

type Call = ServerUnaryCall<Buffer, Uint8Array>;

/** An encoded `google.protobuf.Empty`. */
const EMPTY = new Uint8Array(0);

/** Opens the gRPC door. @throws LockstepError `unavailable` when the address or the port cannot be had */
export async function startGrpcDoor(options: DoorOptions): Promise<Door> {
  const { operations, host, port, log, stopGraceMs = DOOR_STOP_GRACE_MS } = options;
  const { requestMs = REQUEST_ARRIVAL_MS_MAX, connectionsMax = CONNECTIONS_MAX } = options;
  const server = new Server({
    interceptors: [otherSitesRefused(new OurHosts({ listen: host, listed: options.hosts ?? [] }))],
    "grpc.max_receive_message_length": GRPC_MESSAGE_BYTES_MAX,
    "grpc.max_concurrent_streams": GRPC_CALLS_PER_CONNECTION_MAX,
    // These end connections whose peer is gone, speaks no HTTP/2, or does not answer at all.
    "grpc.keepalive_time_ms": requestMs,
    "grpc.keepalive_timeout_ms": requestMs,
  });
  const running = new RunningRequests();
  addDtm(server, { operations, log, running });
  const health = new GrpcHealth({ operations, everyMs: options.healthMs ?? GRPC_HEALTH_MS });
  health.addTo(server);
  addReflection(server);
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = new GrpcListener({ connectionsMax, onConnection: injectConnection });
  let bound: Address;
  try {
    bound = await listener.listen({ host, port });
  } catch (cause) {
    health.retire();
    server.forceShutdown();
    throw cannotListen("gRPC", { host, port }, cause);
  }
  const unlimit = limitArrival({
    requestMs,
    isOurs: ({ session }) => session !== undefined && listener.has(session.socket),
  });
  return {
    address: bound,
    retire: () => health.retire(),
    stop: async () => {
      health.retire();
      await shutDown(server, { listener, running, graceMs: stopGraceMs });
      unlimit();
    },
  };
}

interface DtmContext {
  readonly operations: Operations;
  readonly log: EngineLog;
  readonly running: RunningRequests;
}

function addDtm(server: Server, { operations, log, running }: DtmContext): void {
  const unary =
    (answer: (call: Call) => Promise<Uint8Array>) =>
    async (call: Call, callback: sendUnaryData<Uint8Array>): Promise<void> => {
      running.begin();
      try {
        callback(null, await answer(call));
      } catch (thrown) {
        callback(statusOf(answerableError(thrown), log));
      } finally {
        running.end();
      }
    };
  const notOffered = (name: string) =>
    unary(async () => {
      throw new LockstepError("unsupported", `${name} is not offered by this version.`);
    });
  server.addService(
    Object.fromEntries(NOT_OFFERED.map((name) => [name, methodOf(name)])),
    Object.fromEntries(NOT_OFFERED.map((name) => [name, notOffered(name)])),
  );
  server.addService(DTM_SERVICE, {
    NewGid: unary(async (call) =>
      toBinary(DtmGidReplySchema, create(DtmGidReplySchema, { Gid: operations.newGid(callerOf(call)) })),
    ),
    Prepare: unary(async (call) => {
      await operations.prepare(transactionOf(call.request), callerOf(call));
      return EMPTY;
    }),
    Submit: unary(async (call) => {
      const transaction = transactionOf(call.request);
      const wait = transaction.options.waitResult ? waitOf(call) : {};
      await operations.submit(transaction, wait, callerOf(call));
      return EMPTY;
    }),
    Abort: unary(async (call) => {
      await operations.abort(transactionOf(call.request), callerOf(call));
      return EMPTY;
    }),
    PrepareWorkflow: unary(async (call) => {
      const view = await operations.prepareWorkflow(transactionOf(call.request), callerOf(call));
      return toBinary(DtmProgressesReplySchema, progressesOf(view));
    }),
    RegisterBranch: unary(async (call) => {
      const message = messageIn(call.request, DtmBranchRequestSchema);
      await operations.registerBranch(registrationOfMessage(message), callerOf(call));
      return EMPTY;
    }),
  });
}

const DTM_SERVICE: ServiceDefinition = {
  NewGid: methodOf("NewGid"),
  Prepare: methodOf("Prepare"),
  Submit: methodOf("Submit"),
  Abort: methodOf("Abort"),
  PrepareWorkflow: methodOf("PrepareWorkflow"),
  RegisterBranch: methodOf("RegisterBranch"),
};

/** The methods that dtm has and this version has not. */
const NOT_OFFERED = Dtm.methods.map(({ name }) => name).filter((name) => !(name in DTM_SERVICE));

function methodOf(name: string): MethodDefinition<Uint8Array, Uint8Array> {
  return {
    path: `/${Dtm.typeName}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: bufferOf,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: bufferOf,
    responseDeserialize: (bytes) => bytes,
  };
}

/** The caller by its address without the port, as at the HTTP door. */
function callerOf(call: Call): Caller {
  const [traceparent] = call.metadata.get("traceparent");
  return callerFrom(`grpc ${call.getPeer().replace(/:\d+$/, "")}`, traceparent);
}

/** @throws LockstepError `invalid_argument` */
function transactionOf(bytes: Buffer): TransactionRequest {
  return requestOfMessage(messageIn(bytes, DtmRequestSchema));
}

/** The message in `bytes`. @throws LockstepError `invalid_argument` */
function messageIn<Schema extends DescMessage>(bytes: Buffer, schema: Schema): MessageShape<Schema> {
  try {
    checkMessageExtent(bytes, schema);
    return fromBinary(schema, bytes);
  } catch (cause) {
    if (cause instanceof LockstepError) throw cause;
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new LockstepError(
      "invalid_argument",
      `The request is not a ${schema.typeName} message: ${found}.`,
      {
        cause,
      },
    );
  }
}

/** Waits until shortly before the caller's deadline; a caller that cancels does not wait any more. */
function waitOf(call: Call): Wait {
  const gone = new AbortController();
  call.once("cancelled", () => gone.abort());
  if (call.cancelled) gone.abort();
  const deadline = Number(call.getDeadline());
  if (!Number.isFinite(deadline)) return { signal: gone.signal };
  return { signal: gone.signal, waitMs: Math.max(0, deadline - Date.now() - GRPC_DEADLINE_MARGIN_MS) };
}

function statusOf(
  error: LockstepError,
  log: EngineLog,
): { code: number; details: string; metadata: Metadata } {
  const { code, gid, message } = error;
  if (code === "internal") {
    log.error(
      "a gRPC call ended in a mistake of ours",
      gid === undefined ? {} : { gid },
      error.cause ?? error,
    );
  }
  const details = detailsOf(message);
  return { code: CODES[code].grpc, details, metadata: trailersOf(error, details) };
}

/** `message`, cut to fit a header, with the result word at its end kept. Half a surrogate pair could not be encoded. */
function detailsOf(message: string): string {
  if (message.length <= GRPC_MESSAGE_CHARACTERS_MAX) return message.toWellFormed();
  const cut = cutText(message, GRPC_MESSAGE_CHARACTERS_MAX).toWellFormed();
  if (message.endsWith(" FAILURE")) return withResultWord(cut, "FAILURE");
  return message.endsWith(" ONGOING") ? withResultWord(cut, "ONGOING") : cut;
}

/** Takes nothing new, and resolves when every stream has ended or was cut off. */
async function shutDown(
  server: Server,
  {
    listener,
    running,
    graceMs,
  }: { readonly listener: GrpcListener; readonly running: RunningRequests; readonly graceMs: number },
): Promise<void> {
  // The library asks the peers to go, but does not tell when the last peer has gone.
  server.tryShutdown(() => undefined);
  const ended = listener.close();
  await isWithin(graceMs, running.none());
  // Now only answers on their way are left, and streams that watch our health, which never end by themselves.
  const watchersMs = Math.min(graceMs, GRPC_WATCHERS_GRACE_MS);
  if (await isWithin(watchersMs, ended)) return;
  server.forceShutdown();
  // The library then waits for each peer to close its side; a peer that hangs or has lost its power never does.
  if (!(await isWithin(watchersMs, ended))) listener.destroy();
}
