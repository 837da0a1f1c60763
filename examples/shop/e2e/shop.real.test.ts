// Goal: the newcomer's shop keeps its promise: an order is stored and its stock is taken, or neither.
// Method: both services as processes of their own, on PostgreSQL and MariaDB; one is killed and started again.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { loadConfig, type RunningServer, serve } from "@lockstep/server";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";

const FILES = ["stock", "orders"] as const;
const DATABASE = `shop_${randomBytes(4).toString("hex")}`;
const fileOf = (name: (typeof FILES)[number]): string =>
  fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));

let coordinator: RunningServer;
let environment: Record<string, string>;
let ports: Record<(typeof FILES)[number], number>;
const running = new Map<string, ChildProcess>();

/** A port on which nobody listens right now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts one service; resolves when it says that it listens. */
async function start(name: (typeof FILES)[number]): Promise<void> {
  const env = { ...environment, PATH: process.env["PATH"] ?? "", PORT: String(ports[name]) };
  const child = spawn(process.execPath, [fileOf(name)], { env, stdio: ["ignore", "pipe", "inherit"] });
  running.set(name, child);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(`${name} at `)) return;
  }
  throw new Error(`${name} ended before it listened.`);
}

async function kill(name: (typeof FILES)[number]): Promise<void> {
  const child = running.get(name);
  if (child?.kill("SIGKILL")) await once(child, "exit");
}

beforeAll(async () => {
  const { mariadb, postgres } = inject("servers");
  const mysql = await createConnection({ ...mariadb });
  await mysql.query(`create database ${DATABASE}`);
  await mysql.end();
  const { user, password, host, port } = postgres;
  const pg = new Client({ user, password, host, port, database: "postgres" });
  await pg.connect();
  await pg.query(`create database ${DATABASE}`);
  await pg.end();
  const { config } = loadConfig({
    flags: {},
    env: {
      HTTP_PORT: "0",
      GRPC_PORT: "0",
      LOCKSTEP_STORE_URL: "memory:",
      LOCKSTEP_RETRY_BASE_MS: "50",
      LOCKSTEP_RETRY_CAP_MS: "200",
      LOCKSTEP_WAIT_MS_MAX: "2000",
    },
  });
  coordinator = await serve(config, {
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  ports = { stock: await freePort(), orders: await freePort() };
  environment = {
    POSTGRES_URL: `postgres://${user}:${password}@${host}:${port}/${DATABASE}`,
    MYSQL_URL: `mysql://${mariadb.user}:${mariadb.password}@${mariadb.host}:${mariadb.port}/${DATABASE}`,
    COORDINATOR: `http://127.0.0.1:${coordinator.http.port}`,
    STOCK: `http://127.0.0.1:${ports.stock}`,
  };
  await Promise.all([start("stock"), start("orders")]);
});

afterAll(async () => {
  for (const name of FILES) await kill(name);
  await coordinator?.stop();
});

async function order(id: number, amount: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${ports.orders}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id, item: "pen", amount }),
  });
  return { status: response.status, body: await response.json() };
}

const orders = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${ports.orders}/orders`)).json();
const stock = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${ports.stock}/stock`)).json();

const ORDERED = { status: 200, body: { message: "ordered" } };

test("an order is stored and its stock taken, and asked for again it is the same order", async () => {
  expect(await order(1, 2)).toEqual(ORDERED);
  expect(await order(1, 2)).toEqual(ORDERED);
  expect(await orders()).toEqual([{ id: "1", item: "pen", amount: 2 }]);
  expect(await stock()).toEqual([{ item: "pen", amount: 1 }]);
});

test("an order for more than there is leaves nothing behind, and the customer reads why", async () => {
  const refused = { status: 409, body: { message: "there are no 5 of pen" } };
  expect(await order(2, 5)).toEqual(refused);
  expect(await order(2, 5)).toEqual(refused);
  expect(await orders()).toEqual([{ id: "1", item: "pen", amount: 2 }]);
  expect(await stock()).toEqual([{ item: "pen", amount: 1 }]);
});

test("a service that is killed: the order goes on, and is finished when the service is back", async () => {
  await kill("stock");
  expect(await order(3, 1)).toEqual({ status: 202, body: { message: "the order goes on" } });
  expect(await orders()).toHaveLength(2);
  await start("stock");
  await expect.poll(() => order(3, 1)).toEqual(ORDERED);
  expect(await stock()).toEqual([{ item: "pen", amount: 0 }]);
});

test("the shop has fewer than 80 lines", () => {
  const lines = FILES.flatMap((name) => readFileSync(fileOf(name), "utf8").trimEnd().split("\n"));
  expect(lines.length).toBeLessThan(80);
});
