/**
 * Who may import whom: the map in docs/ARCHITECTURE.md as data. `import-breaches.ts` finds the breaches.
 *
 * Discovery is a package and not a folder of the server, because the SDK and the services need it as much as the
 * coordinator does.
 */

/** One line of the table. */
export interface Row {
  /** A folder (with a slash at its end) or a file. A source belongs to the row with the longest path that fits. */
  readonly of: string;
  /**
   * Our folders and files, and packages, that the row's files may import. They may always import files of the same row.
   */
  readonly may: readonly string[];
  /** The advice in the error for any other import. */
  readonly instead: string;
}

const SERVER = "packages/server/src/";
/** The model and the rules for every mode. The folder of a mode is only for the table of modes and its own reader. */
const MODEL = [`${SERVER}transaction/*`];
const SDK = "packages/sdk/src/";
const PORT = "Give the engine a port for it (engine/ports.ts) and let the composition root connect the two.";
const OTHER_ADAPTER =
  "An adapter knows its port and its driver library; what two need belongs to the engine or the model.";

/** What a source may import. The rules for tests are below. */
export const TABLE: readonly Row[] = [
  {
    of: `${SERVER}transaction/`,
    may: [],
    instead: "The pure folder imports nothing, not even node:. Take what you need as an argument.",
  },
  { of: `${SERVER}engine/`, may: MODEL, instead: `${PORT} A mode is asked through transaction/modes.ts.` },
  {
    of: `${SERVER}stores/`,
    may: [
      ...MODEL,
      `${SERVER}engine/ports.ts`,
      `${SERVER}engine/answers.ts`,
      "@lockstep/protocol",
      "node:buffer",
    ],
    instead: OTHER_ADAPTER,
  },
  {
    of: `${SERVER}stores/sqlite/`,
    may: [
      ...MODEL,
      `${SERVER}engine/ports.ts`,
      `${SERVER}engine/answers.ts`,
      `${SERVER}stores/*`,
      "node:fs",
      "node:path",
      "node:sqlite",
      "node:zlib",
    ],
    instead: OTHER_ADAPTER,
  },
  {
    of: `${SERVER}stores/memory/`,
    may: [...MODEL, `${SERVER}engine/ports.ts`, `${SERVER}stores/*`],
    instead: OTHER_ADAPTER,
  },
  {
    of: `${SERVER}stores/open-store.ts`,
    may: [...MODEL, `${SERVER}engine/ports.ts`, `${SERVER}stores/`, "@lockstep/protocol"],
    instead: OTHER_ADAPTER,
  },
  {
    of: `${SERVER}branches/`,
    may: [
      ...MODEL,
      `${SERVER}engine/ports.ts`,
      "@grpc/grpc-js",
      "@lockstep/discovery",
      "@lockstep/grpc-client",
      "@lockstep/protocol",
      // For what the HTTP client gets and does not understand: sockets, and compressed bodies.
      "node:net",
      "node:util",
      "node:zlib",
      "undici",
    ],
    instead: OTHER_ADAPTER,
  },
  {
    of: `${SERVER}alerts/`,
    may: [
      `${SERVER}branches/branch-plan.ts`,
      `${SERVER}engine/events.ts`,
      `${SERVER}engine/ports.ts`,
      `${SERVER}is-power-of-two.ts`,
      "@lockstep/protocol",
      "undici",
    ],
    instead: "An alert is made of an event. Nobody calls this folder: it listens to the engine.",
  },
  {
    of: `${SERVER}api/`,
    may: [
      ...MODEL,
      `${SERVER}api/admission/request-readers.ts`,
      `${SERVER}branches/branch-plan.ts`,
      `${SERVER}is-within.ts`,
      `${SERVER}engine/answers.ts`,
      `${SERVER}engine/ports.ts`,
      "@bufbuild/protobuf",
      "@grpc/grpc-js",
      "@grpc/reflection",
      "@lockstep/protocol",
      "fastify",
      "grpc-health-check",
      "node:buffer",
      "node:diagnostics_channel",
      "node:dns/promises",
      "node:events",
      "node:http",
      "node:http2",
      "node:net",
      "node:stream",
    ],
    instead: "A door parses, asks the engine through engine-port.ts, and answers. It reaches past neither.",
  },
  {
    of: `${SERVER}api/admission/request-readers.ts`,
    may: [
      ...MODEL,
      `${SERVER}api/admission/request-reader.ts`,
      `${SERVER}api/admission/msg/`,
      `${SERVER}api/admission/saga/`,
      `${SERVER}api/admission/two-phase/`,
      `${SERVER}api/admission/workflow/`,
    ],
    instead: "It is the table of what reads each mode's request.",
  },
  {
    of: `${SERVER}api/admission/saga/`,
    may: [...MODEL, `${SERVER}transaction/saga/`, `${SERVER}api/admission/`, "@lockstep/protocol"],
    instead: "What a mode reads from its request knows that mode, the wire and nothing else.",
  },
  {
    of: `${SERVER}cli/`,
    may: [
      `${SERVER}config.ts`,
      `${SERVER}is-within.ts`,
      `${SERVER}log.ts`,
      `${SERVER}log/`,
      `${SERVER}serve.ts`,
      `${SERVER}version.ts`,
      "@grpc/grpc-js",
      "@lockstep/protocol",
      "commander",
      "node:child_process",
      "node:fs",
    ],
    instead: "The command reads flags and starts serve.ts; the rest is behind that.",
  },
  {
    of: `${SERVER}config/`,
    may: [
      `${SERVER}alerts/webhook-target.ts`,
      `${SERVER}engine/limits.ts`,
      `${SERVER}stores/store-url.ts`,
      "@lockstep/discovery",
      "@lockstep/protocol",
      "node:net",
      "yaml",
    ],
    instead: "Configuration is read from what it is given; config.ts gets the file and the environment.",
  },
  {
    of: `${SERVER}log/`,
    may: [
      `${SERVER}engine/events.ts`,
      `${SERVER}engine/ports.ts`,
      `${SERVER}is-power-of-two.ts`,
      `${SERVER}transaction/invariant.ts`,
      "node:util",
    ],
    instead: "A log line is made of what it is given.",
  },
  // The composition root may import everything, and only the command and the entry point import it.
  {
    of: SERVER,
    may: [SERVER, "@lockstep/discovery", "@lockstep/protocol", "node:crypto", "pino"],
    instead: "What needs a library is an adapter: give it a folder and a row of its own.",
  },
  {
    of: "packages/protocol/src/",
    may: ["@bufbuild/protobuf", "node:buffer"],
    instead: "The wire needs no I/O and nobody of ours; what does, lies above it.",
  },
  {
    of: "packages/discovery/src/",
    may: ["@lockstep/protocol", "cockatiel", "etcd3"],
    instead: "Discovery knows registries and addresses, nothing of those who look for them.",
  },
  {
    of: "packages/grpc-client/src/",
    may: ["@grpc/grpc-js", "@lockstep/discovery"],
    instead: "The gRPC client knows connections and addresses, nothing of coordinators, branches or clocks.",
  },
  {
    of: `${SDK}barrier/`,
    may: [
      `${SDK}branch/branch-context.ts`,
      `${SDK}branch/failure.ts`,
      "@lockstep/protocol",
      "node:async_hooks",
      "node:crypto",
    ],
    instead:
      "The barrier knows the branch call and a database, which it recognises by its shape; it knows no coordinator and no mode.",
  },
  {
    of: `${SDK}branch/`,
    may: [`${SDK}limits.ts`, "@bufbuild/protobuf", "@grpc/grpc-js", "@lockstep/protocol"],
    instead: "The branch side answers calls. It makes none, and recognises a framework by its shape.",
  },
  {
    of: `${SDK}calls/`,
    may: [
      `${SDK}clock.ts`,
      `${SDK}limits.ts`,
      "@bufbuild/protobuf",
      "@grpc/grpc-js",
      "@lockstep/discovery",
      "@lockstep/grpc-client",
      "@lockstep/protocol",
    ],
    instead: "What every call over the network needs knows neither coordinators nor services nor modes.",
  },
  {
    of: `${SDK}services/`,
    may: [
      `${SDK}calls/`,
      `${SDK}clock.ts`,
      `${SDK}limits.ts`,
      "@bufbuild/protobuf",
      "@grpc/grpc-js",
      "@lockstep/discovery",
      "@lockstep/grpc-client",
      "@lockstep/protocol",
    ],
    instead: "A client of a service calls it directly; it knows no coordinator and no mode.",
  },
  {
    of: `${SDK}coordinator/`,
    may: [
      `${SDK}calls/`,
      `${SDK}clock.ts`,
      `${SDK}limits.ts`,
      "@bufbuild/protobuf",
      "@grpc/grpc-js",
      "@lockstep/discovery",
      "@lockstep/grpc-client",
      "@lockstep/protocol",
      "undici",
    ],
    instead: "A client of a coordinator says any request over the wire; it knows no mode and no branch.",
  },
  {
    of: `${SDK}modes/`,
    may: [
      `${SDK}calls/`,
      `${SDK}clock.ts`,
      `${SDK}limits.ts`,
      `${SDK}coordinator/repeated-call.ts`,
      `${SDK}coordinator/transaction-error.ts`,
      `${SDK}services/encoded-request.ts`,
      `${SDK}services/service.ts`,
      "@bufbuild/protobuf",
      "@lockstep/protocol",
    ],
    instead:
      "A mode makes a request and submits it through the `Coordinator` that it is given, whatever its wire.",
  },
  {
    of: SDK,
    may: [SDK, "@bufbuild/protobuf", "@lockstep/discovery", "@lockstep/protocol", "node:timers/promises"],
    instead: "What needs a library belongs into a room of the SDK that has a row of its own.",
  },
  {
    of: "packages/testkit/src/",
    may: [
      ...MODEL,
      `${SERVER}engine/ports.ts`,
      `${SERVER}stores/memory/memory-store.ts`,
      "etcd3",
      "fast-check",
      "ioredis",
      "mysql2",
      "node:",
      "pg",
      "vitest",
    ],
    instead: "What both the testkit and a test of the server need belongs into the testkit.",
  },
  {
    of: "examples/",
    may: [
      "@bufbuild/protobuf",
      "@grpc/grpc-js",
      "@lockstep/discovery",
      "@lockstep/server",
      "@lockstep/testkit",
      "express",
      "fastify",
      "grpc-health-check",
      "ioredis",
      "jose",
      "lockstep",
      "mysql2",
      "node:",
      "pg",
      "pino",
      "yaml",
      "zod",
    ],
    instead: "An example uses the packages the way a user does: by name.",
  },
];

/** Users of a package get the files that these reach; the other files of the package are for tests. */
export const ENTRY_POINTS = [
  "packages/protocol/src/index.ts",
  "packages/discovery/src/index.ts",
  "packages/grpc-client/src/index.ts",
  "packages/sdk/src/index.ts",
  `${SERVER}index.ts`,
  `${SERVER}cli/main.ts`,
];

/** Where a test may reach into another package: to files for tests, or files that are not exported on purpose. */
export const TESTS_MAY = [
  { of: "packages/testkit/", may: SERVER },
  { of: "packages/server/e2e/", may: "packages/sdk/src/fixture/" },
];

/** In these folders the clock, randomness and the environment come from ports. */
export const FROM_PORTS = new RegExp(
  `^(${SERVER}(transaction|engine|stores)|packages/(sdk|grpc-client)/src)/`,
);
