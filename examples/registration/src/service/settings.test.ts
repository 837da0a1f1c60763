import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseScoreRpcConfig } from "../score-rpc/score-rpc.ts";
import { parseUserApiConfig } from "../user-api/config.ts";
import { parseUserRpcConfig } from "../user-rpc/user-rpc.ts";
import { SettingsError, type SettingsSource } from "./settings.ts";

const AUTH_SECRET = "a".repeat(32);

function problemsOf(parse: (source: SettingsSource) => unknown, source: SettingsSource): readonly string[] {
  try {
    parse(source);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

const fileOf = (name: string): string =>
  readFileSync(new URL(`../../etc/${name}.yaml`, import.meta.url), "utf8");

test("without anything, an rpc service is on its port, on SQLite, and announced nowhere", () => {
  expect(parseUserRpcConfig({ env: {} })).toEqual({
    listenOn: { host: "127.0.0.1", port: 8_080 },
    announce: undefined,
    database: { kind: "sqlite", path: "./user.db" },
    barrierTable: undefined,
    cache: { kind: "memory" },
    logLevel: "info",
  });
  expect(parseScoreRpcConfig({ env: {} }).listenOn.port).toBe(8_096);
});

test("the file that comes with user-rpc is that of the Go service it replaces, and the environment has its secrets", () => {
  const env = { DATABASE_PASSWORD: "p w", CACHE_PASSWORD: "q", LOG_LEVEL: "warn" };
  expect(parseUserRpcConfig({ fileText: fileOf("user-rpc"), env })).toEqual({
    listenOn: { host: "127.0.0.1", port: 8_080 },
    announce: { target: "etcd://127.0.0.1:2379/user.rpc", endpoint: undefined },
    database: {
      kind: "mysql",
      host: "127.0.0.1",
      port: 3_306,
      user: "root",
      password: "p w",
      database: "zero_mall",
    },
    barrierTable: undefined,
    cache: { kind: "redis", host: "127.0.0.1", port: 6_379, password: "q" },
    logLevel: "warn",
  });
});

test("the other files that come with the services are right too", () => {
  expect(parseScoreRpcConfig({ fileText: fileOf("score-rpc"), env: {} }).announce?.target).toBe(
    "etcd://127.0.0.1:2379/score.rpc",
  );
  expect(parseUserApiConfig({ fileText: fileOf("user-api"), env: { AUTH_SECRET } })).toEqual({
    listenOn: { host: "127.0.0.1", port: 8_888 },
    coordinator: "etcd://127.0.0.1:2379/dtmservice",
    coordinatorReady: "http://127.0.0.1:36789/api/ready",
    userRpc: "etcd://127.0.0.1:2379/user.rpc",
    scoreRpc: "etcd://127.0.0.1:2379/score.rpc",
    secret: AUTH_SECRET,
    expireInS: 604_800,
    registerWaitMs: 5_000,
    logLevel: "info",
  });
});

describe("what is wrong is said, all of it", () => {
  const cases: readonly [what: string, source: SettingsSource, problems: readonly RegExp[]][] = [
    ["no secret", { env: {} }, [/^Auth\.Secret \(or AUTH_SECRET\) must be given/]],
    ["a short secret", { env: { AUTH_SECRET: "short" } }, [/AUTH_SECRET\) must have 32 bytes or more$/]],
    [
      "a secret in the file",
      { env: { AUTH_SECRET }, fileName: "a.yaml", fileText: `Auth: { Secret: ${AUTH_SECRET} }` },
      [/^a\.yaml: Auth\.Secret is a secret; give it by the environment alone, as AUTH_SECRET$/],
    ],
    [
      "a setting that does not exist",
      { env: { AUTH_SECRET }, fileText: "Auth: { ExpiresIn: 1 }" },
      [/Auth\.ExpiresIn is no setting/],
    ],
    ["no YAML", { env: { AUTH_SECRET }, fileText: "a: [" }, [/is no YAML/]],
    [
      "a port that is none",
      { env: { AUTH_SECRET, LISTEN_ON: "localhost:99999" } },
      [/^ListenOn .*host:port/],
    ],
    [
      "a time that is none",
      { env: { AUTH_SECRET, AUTH_EXPIRE_IN: "1 week" } },
      [/AUTH_EXPIRE_IN\) must be a whole/],
    ],
    [
      "a time out of range",
      { env: { AUTH_SECRET, REGISTER_WAIT_MS: "0" } },
      [/REGISTER_WAIT_MS\) must be from 1/],
    ],
    ["no target", { env: { AUTH_SECRET, USER_RPC: "http://x" } }, [/USER_RPC\) must be "host:port"/]],
    [
      "a key that branch URLs cannot hold",
      { env: { AUTH_SECRET, SCORE_RPC: "etcd://h:2379/a/b" } },
      [/SCORE_RPC\) .* without a slash/],
    ],
    ["no coordinator", { env: { AUTH_SECRET, COORDINATOR: "ftp://x" } }, [/COORDINATOR\) must be/]],
    [
      "no URL for readiness",
      { env: { AUTH_SECRET, COORDINATOR_READY: "h:36789" } },
      [/COORDINATOR_READY\) must be a URL/],
    ],
    [
      "several things",
      { env: { USER_RPC: "x", LOG_LEVEL: "loud" } },
      [/USER_RPC/, /Auth\.Secret/, /LOG_LEVEL\) must be one of debug, info/],
    ],
  ];
  test.for(cases)("%s", ([, source, problems]) => {
    const found = problemsOf(parseUserApiConfig, source);
    expect(found).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(found[index]).toMatch(problem);
    expect(found.join("\n")).not.toContain(AUTH_SECRET);
  });

  test.for([
    ["DATABASE_URL", "postgres://h/db", /sqlite:PATH or mysql/],
    ["DATABASE_URL", "mysql://root:hidden@h/db", /DATABASE_PASSWORD/],
    ["DATABASE_URL", "mysql://root@h", /sqlite:PATH or mysql/],
    ["CACHE_URL", "memcached://h", /memory or redis/],
    ["CACHE_URL", "redis://:hidden@h", /CACHE_PASSWORD/],
    ["ETCD_HOSTS", "http://h:2379", /host:port/],
    ["ETCD_KEY", "a/b", /without a slash/],
    ["DATABASE_BARRIER_TABLE", "a b", /table or schema/],
  ] as const)("%s=%s", ([name, value, problem]) => {
    const found = problemsOf(parseUserRpcConfig, { env: { [name]: value } });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(problem);
    expect(found[0]).not.toContain("hidden");
  });
});
