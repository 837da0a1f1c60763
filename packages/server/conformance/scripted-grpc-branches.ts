/** Branches over gRPC for the conformance scenarios. */
import { Server, ServerCredentials, type ServiceError, type status } from "@grpc/grpc-js";

const bytes = (message: Buffer): Buffer => message;
/** A method whose messages are bytes, as branches of any service get them. */
const METHOD = {
  path: "/branch.Svc/Call",
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};

/** What a branch answers beside OK. */
export interface GrpcRefusal {
  readonly code: status;
  readonly details: string;
}

/** The branches' gRPC server. A branch answers OK, unless the test has said what its next calls are answered. */
export class ScriptedGrpcBranches {
  /** Each call that came, as `01 action`. */
  readonly heard: string[] = [];
  readonly bodies: string[] = [];
  readonly #server = new Server();
  readonly #next = new Map<string, GrpcRefusal[]>();
  #port = 0;

  async start(): Promise<void> {
    this.#server.addService(
      { Call: METHOD },
      {
        Call: (call, callback) => {
          const [branchId, op] = ["dtm-branch_id", "dtm-op"].map((key) => call.metadata.get(key)[0]);
          this.heard.push(`${branchId} ${op}`);
          this.bodies.push(call.request.toString());
          const refusal = this.#next.get(`${branchId} ${op}`)?.shift();
          callback(refusal === undefined ? null : (refusal as ServiceError), Buffer.alloc(0));
        },
      },
    );
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  /** The URL of every branch: the metadata of a call say which branch and op it is. */
  get url(): string {
    return `127.0.0.1:${this.#port}${METHOD.path}`;
  }

  /** The next calls of the op `01 action` are answered so, one after the other. */
  will(op: string, ...answers: readonly GrpcRefusal[]): void {
    this.#next.set(op, [...answers]);
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
