// Goal: a dtm conf.yml and dtm's environment start Lockstep unchanged; one error lists all problems, without secrets.
// Method: tables over loadConfig, which depends only on its arguments.
import { readFileSync } from "node:fs";
import { LockstepError } from "@lockstep/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IGNORED_VARIABLES } from "./config/ignored-keys.ts";
import { CONFIG_KEYS, environmentNameOf } from "./config/keys.ts";
import { type Config, type ConfigSource, type LoadedConfig, limitsGiven, loadConfig } from "./config.ts";

const NOTHING: ConfigSource = { flags: {}, env: {} };

function loaded(source: Partial<ConfigSource>): LoadedConfig {
  return loadConfig({ ...NOTHING, ...source });
}

function problemsOf(source: Partial<ConfigSource>): string[] {
  try {
    loaded(source);
  } catch (error) {
    expect(error).toBeInstanceOf(LockstepError);
    expect((error as LockstepError).code).toBe("invalid_argument");
    return (error as LockstepError).message.split("\n");
  }
  return [];
}

const DEFAULTS: Config = {
  host: "127.0.0.1",
  hosts: [],
  httpPort: 36789,
  grpcPort: 36790,
  storeUrl: "sqlite:./lockstep.db",
  announce: null,
  logLevel: "info",
  limits: {
    inFlightMax: 1_000,
    waitingMax: 10_000,
    inHandBytesMax: 268_435_456,
    callsPerDestinationMax: 250,
    leaseMs: 10_000,
    branchTimeoutMs: 3_000,
    retryBaseMs: 1_000,
    retryCapMs: 300_000,
    retryBudget: 100,
    waitMsMax: 10_000,
    drainMs: 10_000,
    timeoutToFailMs: 35_000,
    retainMs: 86_400_000,
    pollMs: 1_000,
  },
  legacyResults: false,
  alerts: null,
};

/** All of dtm's defaults, written out, from dtm's table of keys. */
const DTM_SAMPLE = `
Store:
  Driver: 'boltdb'
  Host:
  Port:
  User: ''
  Password: ''
  Db: 'dtm'
  Schema: 'public'
  MaxOpenConns: 500
  MaxIdleConns: 500
  ConnMaxLifeTime: 5
  DataExpire: 604800
  FinishedDataExpire: 86400
  RedisPrefix: '{a}'
TransCronInterval: 3
TimeoutToFail: 35
RetryInterval: 10
RequestTimeout: 3
HttpPort: 36789
GrpcPort: 36790
JsonRpcPort: 36791
MicroService:
  Driver: 'default'
  Target: ''
  EndPoint: ''
HttpMicroService:
  Driver: 'default'
  RegistryType: ''
  RegistryAddress: ''
  RegistryOptions: '{}'
  Target: ''
  EndPoint: ''
UpdateBranchSync: 1
UpdateBranchAsyncGoroutineNum: 1
LogLevel: 'info'
Log:
  Outputs: 'stderr'
  RotationEnable: 0
  RotationConfigJSON: '{}'
TimeZoneOffset: ''
ConfigUpdateInterval: 3
AlertRetryLimit: 3
AlertWebHook: ''
AdminBasePath: ''
GrpcServiceConfig: '{"loadBalancingConfig": [{"round_robin":{}}]}'
`;

/** The variables of dtm's table of keys, as dtm's documents write them. */
const DTM_VARIABLES = `
  STORE_DRIVER STORE_HOST STORE_PORT STORE_USER STORE_PASSWORD STORE_DB STORE_SCHEMA STORE_MAX_OPEN_CONNS
  STORE_MAX_IDLE_CONNS STORE_CONN_MAX_LIFE_TIME STORE_DATA_EXPIRE STORE_FINISHED_DATA_EXPIRE STORE_REDIS_PREFIX
  TRANS_CRON_INTERVAL TIMEOUT_TO_FAIL RETRY_INTERVAL REQUEST_TIMEOUT HTTP_PORT GRPC_PORT JSON_RPC_PORT
  MICRO_SERVICE_DRIVER MICRO_SERVICE_TARGET MICRO_SERVICE_END_POINT HTTP_MICRO_SERVICE_DRIVER
  HTTP_MICRO_SERVICE_REGISTRY_TYPE HTTP_MICRO_SERVICE_REGISTRY_ADDRESS HTTP_MICRO_SERVICE_REGISTRY_OPTIONS
  HTTP_MICRO_SERVICE_TARGET HTTP_MICRO_SERVICE_END_POINT UPDATE_BRANCH_SYNC UPDATE_BRANCH_ASYNC_GOROUTINE_NUM
  LOG_LEVEL LOG_OUTPUTS LOG_ROTATION_ENABLE LOG_ROTATION_CONFIG_JSON TIME_ZONE_OFFSET CONFIG_UPDATE_INTERVAL
  ALERT_RETRY_LIMIT ALERT_WEB_HOOK ADMIN_BASE_PATH GRPC_SERVICE_CONFIG
`
  .trim()
  .split(/\s+/);

describe("alerts", () => {
  test("are sent to dtm's AlertWebHook, from dtm's AlertRetryLimit on", () => {
    const fileText = "AlertRetryLimit: 5\nAlertWebHook: 'https://h/hook?token=1'\n";
    const { config, warnings } = loaded({ fileText });
    expect([config.alerts, warnings]).toEqual([{ url: "https://h/hook?token=1", retryLimit: 5 }, []]);
    expect(Object.isFrozen(config.alerts)).toBe(true);
    expect(loaded({ env: { ALERT_WEB_HOOK: "http://h" } }).config.alerts).toMatchObject({ retryLimit: 3 });
  });

  test.for([
    ["AlertWebHook: 'h/secret'", "AlertWebHook must be http(s)://host[:port]/path"],
    ["AlertWebHook: 'http://169.254.169.254/secret'", "AlertWebHook names a link-local or metadata address"],
    ["AlertRetryLimit: many", "AlertRetryLimit must be a whole number from 0 to 1000000"],
  ] as const)("%s stops the start, without showing the URL", ([fileText, problem]) => {
    const problems = problemsOf({ fileText });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toContain("secret");
  });

  test("the limit is none of the engine's", () => {
    expect(() => limitsGiven({ alertRetryLimit: 3 } as never)).toThrow("alertRetryLimit is no limit");
  });
});

describe("defaults", () => {
  test.for([
    ["nothing at all", {}],
    ["an empty file", { fileText: "" }],
    ["a file of comments, as dtm's sample is", { fileText: "# Store:\n#   Driver: 'boltdb'\n" }],
    ["sections without keys", { fileText: "Store:\nLockstep:\nHttpPort:\n" }],
    ["empty variables", { env: { HTTP_PORT: "", LOCKSTEP_STORE_URL: " ", STORE_DRIVER: "" } }],
  ] as const)("%s gives them, without a warning", ([, source]) => {
    expect(loaded(source)).toEqual({ config: DEFAULTS, warnings: [] });
  });

  test("the configuration is frozen through and through", () => {
    const { config } = loaded({
      env: {
        MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
        MICRO_SERVICE_TARGET: "etcd://h:1/k",
        MICRO_SERVICE_END_POINT: "localhost:1",
      },
    });
    expect([config, config.limits, config.announce].map(Object.isFrozen)).toEqual([true, true, true]);
  });
});

describe("dtm's configuration", () => {
  test("a conf.yml with every key at dtm's default starts Lockstep with dtm's intervals", () => {
    const { config, warnings } = loaded({ fileText: DTM_SAMPLE });
    expect(config).toEqual({
      ...DEFAULTS,
      limits: { ...DEFAULTS.limits, retryBaseMs: 10_000, pollMs: 3_000 },
    });
    expect(warnings).toEqual([
      'conf.yml: Store.Driver "boltdb" is read as "a store in a file", which is SQLite here: sqlite:./lockstep.db',
    ]);
  });

  test("every key of the sample is one that Lockstep knows, and it knows no other of dtm's", () => {
    const known = CONFIG_KEYS.map(({ path }) => environmentNameOf(path));
    expect(known.filter((name) => !name.startsWith("LOCKSTEP_")).sort()).toEqual([...DTM_VARIABLES].sort());
    expect(new Set(known).size).toBe(known.length);
  });

  test("the conf.yml of a go-zero tutorial announces the gRPC port", () => {
    const fileText = `
MicroService:
  Driver: 'dtm-driver-gozero' # name of the driver to handle register/discover
  Target: 'etcd://localhost:2379/dtmservice' # register dtm server to this url
  EndPoint: 'localhost:36790'
`;
    expect(loaded({ fileText })).toEqual({
      config: {
        ...DEFAULTS,
        announce: { target: "etcd://localhost:2379/dtmservice", endpoint: "localhost:36790" },
      },
      warnings: [],
    });
  });

  test.for([
    ["STORE_FINISHED_DATA_EXPIRE", "60", { retainMs: 60_000 }],
    ["REQUEST_TIMEOUT", "4", { branchTimeoutMs: 4_000 }],
    ["REQUEST_TIMEOUT", "60", { branchTimeoutMs: 60_000, leaseMs: 120_000 }],
    ["RETRY_INTERVAL", "15", { retryBaseMs: 15_000 }],
    ["RETRY_INTERVAL", "600", { retryBaseMs: 600_000, retryCapMs: 600_000 }],
    ["TRANS_CRON_INTERVAL", "5", { pollMs: 5_000 }],
    ["LOCKSTEP_IN_FLIGHT_MAX", "7", { inFlightMax: 7 }],
    ["LOCKSTEP_WAITING_MAX", "0", { waitingMax: 0 }],
    ["LOCKSTEP_LEASE_MS", "3001", { leaseMs: 3_001 }],
    ["LOCKSTEP_BRANCH_TIMEOUT_MS", "250", { branchTimeoutMs: 250 }],
    ["LOCKSTEP_RETRY_BASE_MS", "50", { retryBaseMs: 50 }],
    ["LOCKSTEP_RETRY_CAP_MS", "1000", { retryCapMs: 1_000 }],
    ["LOCKSTEP_RETRY_BUDGET", "3", { retryBudget: 3 }],
    ["LOCKSTEP_WAIT_MS_MAX", "500", { waitMsMax: 500 }],
    ["LOCKSTEP_DRAIN_MS", "0", { drainMs: 0 }],
    ["LOCKSTEP_RETAIN_MS", "5000", { retainMs: 5_000 }],
    ["LOCKSTEP_POLL_MS", "20", { pollMs: 20 }],
  ] as const)("%s=%s sets %j", ([name, text, limits]) => {
    expect(loaded({ env: { [name]: text } }).config).toEqual({
      ...DEFAULTS,
      limits: { ...DEFAULTS.limits, ...limits },
    });
  });

  test.for([
    ["HTTP_PORT", "80", { httpPort: 80 }],
    ["GRPC_PORT", "0", { grpcPort: 0 }],
    ["LOG_LEVEL", "WARN", { logLevel: "warn" }],
    ["LOCKSTEP_HOST", "::1", { host: "::1" }],
    ["LOCKSTEP_HOST", "[::1]", { host: "::1" }],
    ["LOCKSTEP_HOST", "localhost", { host: "localhost" }],
    ["LOCKSTEP_HOST", "127.1.2.3", { host: "127.1.2.3" }],
    ["LOCKSTEP_HOSTS", "dtm.example", { hosts: ["dtm.example"] }],
    ["LOCKSTEP_HOSTS", " Dtm.example. , b.example ,, ", { hosts: ["dtm.example", "b.example"] }],
    ["LOCKSTEP_LEGACY_RESULTS", "true", { legacyResults: true }],
    ["LOCKSTEP_LEGACY_RESULTS", "0", { legacyResults: false }],
    ["LOCKSTEP_STORE_URL", "memory:", { storeUrl: "memory:" }],
    ["LOCKSTEP_STORE_URL", "sqlite:/a b.db", { storeUrl: "sqlite:/a b.db" }],
    ["LOCKSTEP_STORE_URL", "sqlite:///var/lib/x.db", { storeUrl: "sqlite:/var/lib/x.db" }],
  ] as const)("%s=%s sets %j", ([name, text, part]) => {
    expect(loaded({ env: { [name]: text } })).toEqual({ config: { ...DEFAULTS, ...part }, warnings: [] });
  });

  test("keys are found in any case, and numbers may be quoted", () => {
    const fileText = "httpport: '1001'\nGRPCPORT: 1002\nlockstep:\n  retrybudget: 5\n";
    const { config, warnings } = loaded({ fileText });
    expect([config.httpPort, config.grpcPort, config.limits.retryBudget, warnings]).toEqual([
      1001,
      1002,
      5,
      [],
    ]);
  });
});

describe("what is stronger", () => {
  const fileText = "HttpPort: 2\nRetryInterval: 20\n";
  test.for([
    ["the file than the environment", { fileText, env: { HTTP_PORT: "1" } }, 2, 20_000],
    ["a flag than both", { fileText, env: { HTTP_PORT: "1" }, flags: { httpPort: "3" } }, 3, 20_000],
    ["the environment than the default", { env: { HTTP_PORT: "1" } }, 1, 1_000],
    ["our key than dtm's, wherever", { fileText, env: { LOCKSTEP_RETRY_BASE_MS: "50" } }, 2, 50],
    [
      "the file than the environment for our key",
      { fileText: "Lockstep:\n  RetryBaseMs: 60", env: { LOCKSTEP_RETRY_BASE_MS: "50" } },
      36789,
      60,
    ],
    [
      "an empty text in the file than the environment",
      { fileText: "HttpPort: ''", env: { HTTP_PORT: "1" } },
      36789,
      1_000,
    ],
  ] as const)("%s", ([, source, httpPort, retryBaseMs]) => {
    const { config } = loaded(source);
    expect([config.httpPort, config.limits.retryBaseMs]).toEqual([httpPort, retryBaseMs]);
  });

  test("a store named by us overrules dtm's driver, with a warning", () => {
    const source = { fileText: "Store:\n  Driver: mysql\n", env: { LOCKSTEP_STORE_URL: "memory:" } };
    expect(loaded(source).config.storeUrl).toBe("memory:");
    expect(loaded(source).warnings).toEqual([
      'conf.yml: Store.Driver "mysql" has no effect, because LOCKSTEP_STORE_URL names the store',
    ]);
  });
});

describe("a problem", () => {
  const STORES = "this version offers memory: (nothing survives a restart) and sqlite:PATH";
  test.for([
    [{ env: { HTTP_PORT: "abc" } }, 'HTTP_PORT must be a whole number from 0 to 65535, not "abc"'],
    [{ env: { HTTP_PORT: "65536" } }, 'HTTP_PORT must be a whole number from 0 to 65535, not "65536"'],
    [{ env: { HTTP_PORT: "1.5" } }, 'HTTP_PORT must be a whole number from 0 to 65535, not "1.5"'],
    [{ flags: { grpcPort: "-1" } }, '--grpc-port must be a whole number from 0 to 65535, not "-1"'],
    [{ flags: { grpcPort: "" } }, "--grpc-port needs a value"],
    [
      { fileText: "RequestTimeout: 0" },
      'conf.yml: RequestTimeout must be a whole number from 1 to 3600 seconds, not "0"',
    ],
    [{ fileText: "HttpPort: [1]" }, "conf.yml: HttpPort must be one value, not a list or a map"],
    [{ fileText: "Store: boltdb" }, "conf.yml: Store must hold keys of its own, one a line and indented"],
    [{ fileText: "HttpPort: 1\nhttpPort: 2" }, "conf.yml: httpPort is there twice"],
    [{ fileText: "HttpPort: 1\nHttpPort: 2" }, "conf.yml: line 2, column 1 is not YAML (duplicate key)"],
    [{ fileText: "just text" }, 'conf.yml must be a list of "Key: value" lines'],
    [{ fileText: "Store:\n  Password: *hunter2" }, "conf.yml: an alias refers to nothing or to too much"],
    [
      { env: { LOG_LEVEL: "loud" } },
      'LOG_LEVEL must be one of debug, info, warn, error, dpanic, panic, fatal, not "loud"',
    ],
    [
      { env: { LOCKSTEP_LEGACY_RESULTS: "maybe" } },
      'LOCKSTEP_LEGACY_RESULTS must be true or false, not "maybe"',
    ],
    [
      { flags: { httpPort: "5", grpcPort: "5" } },
      "--http-port and --grpc-port are both 5; each door needs a port of its own",
    ],
    [
      { flags: { httpPort: "36790" } },
      "--http-port and GrpcPort are both 36790; each door needs a port of its own",
    ],
    [
      { env: { LOCKSTEP_LEASE_MS: "3000" } },
      "LOCKSTEP_LEASE_MS (3000 ms) must be more than Lockstep.BranchTimeoutMs (3000 ms): a branch call must end before its lease does",
    ],
    [
      { env: { LOCKSTEP_LEASE_MS: "5000" }, fileText: "RequestTimeout: 9" },
      "LOCKSTEP_LEASE_MS (5000 ms) must be more than conf.yml: RequestTimeout (9000 ms): a branch call must end before its lease does",
    ],
    [
      { env: { LOCKSTEP_RETRY_CAP_MS: "999" } },
      "LOCKSTEP_RETRY_CAP_MS (999 ms) must not be less than Lockstep.RetryBaseMs (1000 ms): delays grow from the one to the other",
    ],
    [
      { fileText: "Store:\n  Driver: mysql" },
      `conf.yml: Store.Driver "mysql" is not supported yet; ${STORES}; take it out or name the store with --store`,
    ],
    [{ env: { STORE_DRIVER: "oracle" } }, `STORE_DRIVER "oracle" is no store of dtm's or ours; ${STORES}`],
    [
      { flags: { store: "lockstep.db" } },
      `--store is not a store URL; a file needs sqlite: before its path, as in sqlite:lockstep.db; ${STORES}`,
    ],
    [
      { flags: { store: "postgres://u:hunter2@h/d" } },
      `--store names a store that is not supported yet (postgres); ${STORES}`,
    ],
    [
      { env: { LOCKSTEP_HOSTS: "dtm.example, https://dtm.example:80" } },
      'LOCKSTEP_HOSTS must be host names, with commas between them and without ports, not "https://dtm.example:80"',
    ],
    [
      { flags: { host: "not a host" } },
      '--host must be an address or a host name to listen on, not "not a host"',
    ],
    [{ flags: { host: "1.2.3" } }, '--host must be an address or a host name to listen on, not "1.2.3"'],
    [
      { env: { MICRO_SERVICE_DRIVER: "dtm-driver-kratos", MICRO_SERVICE_TARGET: "discovery://h:1/k" } },
      'MICRO_SERVICE_DRIVER "dtm-driver-kratos" is not supported yet; this version offers default and dtm-driver-gozero',
    ],
    [
      { env: { MICRO_SERVICE_DRIVER: "gozero" } },
      'MICRO_SERVICE_DRIVER "gozero" is no driver of dtm\'s; this version offers default and dtm-driver-gozero',
    ],
  ] as const)("%j: %s", ([source, problem]) => {
    expect(problemsOf(source)).toEqual([problem]);
  });

  test.for([
    ["etcd://localhost:2379/dtmservice", "", "MicroService.EndPoint must be the host:port"],
    ["etcd://localhost:2379/dtmservice", "localhost", "MICRO_SERVICE_END_POINT must be the host:port"],
    ["etcd://localhost:2379/dtmservice", "localhost:65536", "MICRO_SERVICE_END_POINT must be the host:port"],
    [
      "etcd://localhost:2379/dtmservice",
      "grpc://localhost:1",
      "MICRO_SERVICE_END_POINT must be the host:port",
    ],
    ["etcd://localhost:2379", "localhost:1", "MICRO_SERVICE_TARGET must look like etcd://"],
    ["etcd://localhost/dtmservice", "localhost:1", "MICRO_SERVICE_TARGET must look like etcd://"],
    ["etcd://h1:2379,h2/dtmservice", "localhost:1", "MICRO_SERVICE_TARGET must look like etcd://"],
    ["etcd://localhost:2379/%zz", "localhost:1", "MICRO_SERVICE_TARGET must look like etcd://"],
    ["localhost:2379", "localhost:1", "MICRO_SERVICE_TARGET must look like etcd://"],
    ["zookeeper://h/k?password=hunter2", "localhost:1", "MICRO_SERVICE_TARGET must look like etcd://"],
    [
      "nacos://h:8848/k",
      "localhost:1",
      "MICRO_SERVICE_TARGET names a registry that is not supported yet (nacos)",
    ],
  ] as const)("target %s with endpoint %j: %s", ([target, endpoint, problem]) => {
    const problems = problemsOf({
      env: {
        MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
        MICRO_SERVICE_TARGET: target,
        MICRO_SERVICE_END_POINT: endpoint,
      },
    });
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test("does not hide another: all are said at once, overridden ones too", () => {
    const problems = problemsOf({
      flags: { httpPort: "x" },
      fileText: "HttpPort: y\nLogLevel: loud\nStore:\n  Driver: redis\n",
      env: { HTTP_PORT: "z", LOCKSTEP_POLL_MS: "soon" },
    });
    expect(problems.map((problem) => problem.split(" must ")[0]?.split(" is ")[0])).toEqual([
      "--http-port",
      "conf.yml: HttpPort",
      "HTTP_PORT",
      'conf.yml: Store.Driver "redis"',
      "conf.yml: LogLevel",
      "LOCKSTEP_POLL_MS",
    ]);
  });
});

describe("an address that other machines can reach", () => {
  test.for(["0.0.0.0", "::", "10.0.0.5", "coordinator.internal", "192.168.1.1"])("%s is refused", (host) => {
    expect(problemsOf({ flags: { host } })).toEqual([
      expect.stringContaining(`--host ${host} can be reached from`),
    ]);
  });

  test.for([
    ["the flag", { flags: { host: "0.0.0.0", insecure: true } }],
    ["the variable", { env: { LOCKSTEP_HOST: "0.0.0.0", LOCKSTEP_INSECURE: "1" } }],
    ["the file", { fileText: "Lockstep: { Host: 0.0.0.0, Insecure: true }" }],
  ] as const)("is taken when %s says insecure, with a warning", ([, source]) => {
    const { config, warnings } = loaded(source);
    expect(config.host).toBe("0.0.0.0");
    expect(warnings).toEqual([expect.stringContaining("there is no authentication yet")]);
  });

  test("is still refused where insecure is said to be false", () => {
    expect(problemsOf({ env: { LOCKSTEP_HOST: "0.0.0.0", LOCKSTEP_INSECURE: "false" } })).toHaveLength(1);
  });
});

describe("a warning", () => {
  test.for([
    [{ fileText: "Store:\n  MaxOpenConns: 50" }, "conf.yml: Store.MaxOpenConns has no effect: "],
    [{ env: { CONFIG_UPDATE_INTERVAL: "60" } }, "CONFIG_UPDATE_INTERVAL has no effect: it is for topics"],
    [{ env: { IS_DOCKER: "1" } }, "IS_DOCKER has no effect: localhost"],
    [
      { fileText: "GrpcBalancer: x" },
      "conf.yml: GrpcBalancer has no effect: neither Lockstep nor dtm knows it",
    ],
    [{ fileText: "Store:\n  Colour: x" }, "conf.yml: Store.Colour has no effect: neither"],
    [{ fileText: "Other:\n  a: 1\n  b: 2" }, "conf.yml: Other has no effect: neither"],
    [{ env: { LOCKSTEP_PROT: "1", LOCKSTEP_A: "" } }, "leaves alone: LOCKSTEP_A, LOCKSTEP_PROT"],
    [
      { env: { MICRO_SERVICE_TARGET: "etcd://h:1/k" } },
      "MICRO_SERVICE_TARGET has no effect without the driver",
    ],
    [
      {
        env: {
          MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
          MICRO_SERVICE_TARGET: "etcd://h:1/k",
          MICRO_SERVICE_END_POINT: "10.0.0.5:36790",
        },
      },
      "MICRO_SERVICE_END_POINT 10.0.0.5:36790 is announced to other machines, but only this one can reach 127.0.0.1",
    ],
    [
      {
        env: {
          MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
          MICRO_SERVICE_TARGET: "etcd://user:s3cret@h:1/k",
          MICRO_SERVICE_END_POINT: "localhost:36790",
        },
      },
      "MICRO_SERVICE_TARGET has an account in front of its hosts, which is not used; write it as ?user=NAME",
    ],
  ] as const)("%j: %s", ([source, warning]) => {
    expect(loaded(source).warnings).toEqual([expect.stringContaining(warning)]);
  });

  test("is not given for the rest of a shell's environment", () => {
    const env = { PATH: "/bin", HOST: "pc", PORT: "80", DATABASE_URL: "x", LANG: "C", LOG: "1", STORE: "x" };
    expect(loaded({ env })).toEqual({ config: DEFAULTS, warnings: [] });
  });
});

test("no value of a key that may hold a secret is repeated, wherever it is wrong", () => {
  const secretPaths = CONFIG_KEYS.map(({ path }) => path).filter((path) =>
    /^Store\.(?!Driver|Finished)|Target|StoreUrl|WebHook|Registry/.test(path),
  );
  expect(secretPaths.length).toBeGreaterThan(10);
  for (const path of secretPaths) {
    const env = { [environmentNameOf(path)]: "hunter2", MICRO_SERVICE_DRIVER: "dtm-driver-gozero" };
    const said = [
      ...problemsOf({ env }),
      ...(problemsOf({ env }).length > 0 ? [] : loaded({ env }).warnings),
    ];
    expect(said.join("\n")).not.toContain("hunter2");
    expect(said.join("\n")).toContain(environmentNameOf(path));
  }
});

test("any text as a file is a configuration or a list of problems", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom("Store", "HttpPort", ":", " ", "\n", "-", "{", "}", "[", "'", "&a", "*a", "1"),
    }),
  );
  fc.assert(
    fc.property(texts, (fileText) => {
      for (const problem of problemsOf({ fileText })) expect(problem).toMatch(/^conf\.yml/);
    }),
    { numRuns: 500 },
  );
});

describe("docs/configuration.md", () => {
  const page = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([\w.]+)` \|(.*)\|$/gm)].map(([, path = "", cells = ""]) => {
    const [env, flag, fallback, unit, meaning] = cells
      .split(" | ")
      .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1"));
    return { path, env, flag, fallback, unit, meaning };
  });

  test("shows every key with its variable, flag, default and unit, and no other", () => {
    const shown = rows.map(({ meaning: _, ...row }) => row);
    const coded = CONFIG_KEYS.map(({ path, flag, fallback, unit }) => ({
      path,
      env: environmentNameOf(path),
      flag: flag === undefined ? "" : `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      fallback,
      unit,
    }));
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    expect(shown.sort(byPath)).toEqual(coded.sort(byPath));
  });

  test("says what each means", () => {
    for (const { path, meaning } of rows) expect(meaning, path).toMatch(/^.{10,}\.$/);
    for (const { env } of IGNORED_VARIABLES) expect(page).toContain(`\`${env}\``);
  });

  test("has an example that starts as it is", () => {
    const [, fileText = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const { config, warnings } = loaded({ fileText });
    expect(config.storeUrl).toBe("sqlite:/var/lib/lockstep/lockstep.db");
    expect(config.announce?.endpoint).toBe("localhost:36790");
    expect(warnings).toEqual([]);
  });
});

describe("what dtm's users have in their environment", () => {
  test.for(["fatal", "panic", "dpanic", "FATAL"])("LogLevel %s, a word of dtm's, is error", (word) => {
    const { config, warnings } = loaded({ fileText: `LogLevel: ${word}` });
    expect(config.logLevel).toBe("error");
    expect(warnings).toEqual([
      `conf.yml: LogLevel ${JSON.stringify(word.toLowerCase())} is read as "error", the highest level of this log`,
    ]);
  });

  test.for([
    ["HTTP_PORT", "tcp://10.0.0.1:80", "http"],
    ["GRPC_PORT", "udp://10.0.0.1:80", "grpc"],
    ["JSON_RPC_PORT", "tcp://10.0.0.1:80", "json-rpc"],
    ["STORE_PORT", "sctp://10.0.0.1:80", "store"],
  ] as const)("%s of a Kubernetes Service is left alone with a word", ([name, text, service]) => {
    const { config, warnings } = loaded({ env: { [name]: text } });
    expect(config).toEqual(DEFAULTS);
    expect(warnings).toEqual([
      `${name} has no effect: Kubernetes sets it for the Service named ${service}, and it is no number; ` +
        "enableServiceLinks: false in the pod keeps such variables away",
    ]);
  });

  test("a port that is set in the file holds beside such a variable", () => {
    const { config } = loaded({ env: { HTTP_PORT: "tcp://10.0.0.1:80" }, fileText: "HttpPort: 7000" });
    expect(config.httpPort).toBe(7_000);
  });

  test("a port that is no number and no such link stops the start", () => {
    expect(problemsOf({ env: { HTTP_PORT: "http://10.0.0.1:80" } })).toHaveLength(1);
  });

  test("the variables of a Service named lockstep cause no word", () => {
    const names = [
      "SERVICE_HOST",
      "SERVICE_PORT",
      "SERVICE_PORT_HTTP",
      "PORT",
      "PORT_36789_TCP",
      "PORT_36789_TCP_ADDR",
    ];
    const env = Object.fromEntries(
      ["", "GRPC_"].flatMap((of) => names.map((name) => [`LOCKSTEP_${of}${name}`, "x"])),
    );
    expect(loaded({ env }).warnings).toEqual([]);
    expect(loaded({ env: { ...env, LOCKSTEP_PROT: "1" } }).warnings).toEqual([
      expect.stringMatching(/leaves alone: LOCKSTEP_PROT$/),
    ]);
  });

  test.for(["0.0.0.0:36790", "[::]:36790", "[0:0:0:0:0:0:0:0]:0"])(
    "the endpoint %s is nobody's address",
    (endpoint) => {
      const env = {
        MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
        MICRO_SERVICE_TARGET: "etcd://localhost:2379/dtmservice",
        MICRO_SERVICE_END_POINT: endpoint,
      };
      const { config, warnings } = loaded({ env });
      expect(config.announce?.endpoint).toBe(endpoint);
      expect(warnings).toEqual([
        `MICRO_SERVICE_END_POINT ${endpoint} is announced to everybody, and nobody can call it: it stands for every address ` +
          "of whoever reads it; set it to the host:port at which others reach this machine, such as 10.0.0.5:36790",
      ]);
    },
  );
});
