import { create } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { grpcServiceOf } from "lockstep";
import { User, UserResponseSchema } from "../src/gen/user_pb.ts";

/** A user as the Go service keeps it: without a password. */
interface GoUser {
  readonly id: string;
  readonly name: string;
  readonly gender: string;
}

/** The answers of a user-rpc in Go, written after the seed and go-zero: three methods, and a health service without names. */
export interface GoUserRpc {
  readonly address: string;
  readonly users: Map<string, GoUser>;
  /** What it answers to the next saveUser, instead of saving. */
  refuseNext(words: string): void;
  stop(): Promise<void>;
}

/** The methods that the Go service has. It answers UNIMPLEMENTED to others, as every gRPC server does. */
const METHODS_OF_GO = ["getUser", "saveUser", "saveUserCallback"];

/** Serves a user-rpc as the Go service is, on a free port. */
export async function startGoUserRpc(): Promise<GoUserRpc> {
  const users = new Map<string, GoUser>();
  let refusal: string | undefined;
  const methods = {
    getUser: ({ request }: { request: GoUser }, answer: sendUnaryData<GoUser>) => {
      const found = users.get(request.id);
      if (found === undefined) answer({ code: status.UNKNOWN, details: "sql: no rows in result set" });
      else answer(null, create(UserResponseSchema, found));
    },
    saveUser: ({ request: { id, name, gender } }: { request: GoUser }, answer: sendUnaryData<GoUser>) => {
      const taken = users.has(id)
        ? `Error 1062 (23000): Duplicate entry '${id}' for key 'PRIMARY'`
        : undefined;
      const details = refusal ?? taken;
      refusal = undefined;
      if (details !== undefined) return answer({ code: status.ABORTED, details });
      users.set(id, { id, name, gender });
      answer(null, create(UserResponseSchema, { id, name, gender }));
    },
    // It prints "save user call back...", and no more.
    saveUserCallback: (_call: unknown, answer: sendUnaryData<object>) =>
      answer(null, create(UserResponseSchema)),
  };
  const server = new Server();
  const all: ServiceDefinition = grpcServiceOf(User);
  const definition = Object.fromEntries(Object.entries(all).filter(([name]) => METHODS_OF_GO.includes(name)));
  server.addService(definition, methods as unknown as UntypedServiceImplementation);
  new HealthImplementation({ "": "SERVING" }).addToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    users,
    refuseNext: (words) => {
      refusal = words;
    },
    stop: async () => server.forceShutdown(),
  };
}
