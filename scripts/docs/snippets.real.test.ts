// Goal: the blocks of pages that need database servers run on real servers.
// Method: as in snippets.test.ts, for the pages with blocks marked "real".
import { barrierTable } from "lockstep";
import { type Connection, createConnection } from "mysql2/promise";
import { Client } from "pg";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { pageNames } from "./page.ts";
import { snippetsOf, tryPage } from "./try-page.ts";

const PAGE_MS_MAX = 300_000;
const DATABASE = "lockstep_docs";

const pages = pageNames().filter((name) => snippetsOf(name).some(({ needsServers }) => needsServers));
const environment: Record<string, string> = {};

beforeAll(async () => {
  const { mariadb, postgres } = inject("servers");
  const { host, port, user, password } = mariadb;
  const admin = await createConnection({ host, port, user, password });
  await admin.query(`drop database if exists ${DATABASE}`);
  await admin.query(`create database ${DATABASE}`);
  await forgetBarrierRows(admin);
  await admin.end();
  environment["MYSQL_URL"] = urlOf("mysql", mariadb);

  const client = new Client({ connectionString: urlOf("postgres", postgres, "postgres") });
  await client.connect();
  await client.query(`drop database if exists ${DATABASE}`);
  await client.query(`create database ${DATABASE}`);
  await client.end();
  environment["POSTGRES_URL"] = urlOf("postgres", postgres);
});

/** The page uses the barrier's usual table, which other tests on this server may share, but its own gid. */
async function forgetBarrierRows(admin: Connection): Promise<void> {
  for (const sql of barrierTable("mysql")) await admin.query(sql);
  await admin.query("delete from dtm_barrier.barrier where gid = 'pen-1'");
}

function urlOf(
  scheme: string,
  server: { host: string; port: number; user: string; password: string },
  database = DATABASE,
): string {
  const account = [server.user, server.password].map(encodeURIComponent).join(":");
  return `${scheme}://${account}@${server.host}:${server.port}/${database}`;
}

test("there is something to try", () => {
  expect(pages).toEqual(["docs/barrier.md"]);
});

describe("pages", () => {
  for (const name of pages) test(name, { timeout: PAGE_MS_MAX }, () => tryPage(name, environment));
});
