import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type {
  handleUnaryCall,
  MethodDefinition,
  ServerUnaryCall,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { grpcStatusOf, isHiddenFromCaller } from "./grpc-status.ts";

/** The definition for grpc-js of a service that protobuf-es has generated: `server.addService(grpcServiceOf(User), …)`. */
export function grpcServiceOf(service: DescService): ServiceDefinition {
  const definition: Record<string, MethodDefinition<DynamicMessage, DynamicMessage>> = {};
  for (const method of service.methods) definition[method.localName] = methodDefinitionOf(method);
  return definition;
}

/**
 * The handler of a method: it answers with a reply, or throws. `call` has the metadata for `Barrier.from(call)`.
 *
 * A `Failure` goes out as ABORTED with its code and its data, and `Ongoing` as FAILED_PRECONDITION. An error with a numeric gRPC `code` and `details`
 * goes out as it is. Only when it has one of those two codes it goes out as UNKNOWN: the coordinator would take the code
 * for a decision of this branch, and the error may be that of another service, merely thrown on. Everything else goes out
 * as UNKNOWN without its text, which may quote data or SQL, and the coordinator asks again. A text that is too long for a
 * status is cut.
 */
export type GrpcHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: ServerUnaryCall<MessageShape<I>, MessageShape<O>>,
) => MessageInitShape<O> | Promise<MessageInitShape<O>>;

/** The handlers of a service, by the name of the method. A method without a handler answers UNIMPLEMENTED. */
export type GrpcHandlers<S extends DescService> = {
  readonly [K in keyof S["method"] as S["method"][K] extends { readonly methodKind: "unary" }
    ? K
    : never]?: GrpcHandler<S["method"][K]["input"], S["method"][K]["output"]>;
};

/** How `grpcHandlers` works. */
export interface GrpcHandlersOptions {
  /**
   * Is told of every error whose text is kept from the caller, after the call is answered. Log the error here. What this
   * function throws is dropped. Default: nobody is told, so give one.
   */
  readonly onError?: (error: unknown, about: { readonly method: string }) => unknown;
}

/** The implementation for grpc-js of a service: `server.addService(grpcServiceOf(User), grpcHandlers(User, { … }))`. */
export function grpcHandlers<S extends DescService>(
  service: S,
  handlers: GrpcHandlers<S>,
  options: GrpcHandlersOptions = {},
): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  // For the caller, the mapped type ties each name to its messages. Here each handler gets the messages of its method.
  const byName = handlers as Readonly<Record<string, GrpcHandler<DescMessage, DescMessage> | undefined>>;
  for (const method of service.methods) {
    const handler = byName[method.localName];
    if (handler === undefined) continue;
    implementation[method.localName] = unaryCallOf(method, { handler, options });
  }
  return implementation;
}

type DynamicMessage = MessageShape<DescMessage>;

function unaryCallOf(
  method: DescMethod,
  { handler, options }: { handler: GrpcHandler<DescMessage, DescMessage>; options: GrpcHandlersOptions },
): handleUnaryCall<DynamicMessage, DynamicMessage> {
  const answer = async (
    call: ServerUnaryCall<DynamicMessage, DynamicMessage>,
    callback: sendUnaryData<DynamicMessage>,
  ): Promise<void> => {
    let reply: DynamicMessage;
    try {
      reply = create(method.output, await handler(call.request, call));
    } catch (error) {
      callback(grpcStatusOf(error));
      if (isHiddenFromCaller(error))
        await tell(options, { error, method: `${method.parent.typeName}/${method.name}` });
      return;
    }
    callback(null, reply);
  };
  return (call, callback) => void answer(call, callback);
}

async function tell(
  { onError }: GrpcHandlersOptions,
  { error, method }: { readonly error: unknown; readonly method: string },
): Promise<void> {
  try {
    await onError?.(error, { method });
  } catch {
    // A log that fails must not end the process of a service that works, and nobody is left to be told.
  }
}

function methodDefinitionOf(method: DescMethod): MethodDefinition<DynamicMessage, DynamicMessage> {
  const { input, output, methodKind } = method;
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestSerialize: (message) => Buffer.from(toBinary(input, message)),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (message) => Buffer.from(toBinary(output, message)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
    originalName: method.name,
  };
}
