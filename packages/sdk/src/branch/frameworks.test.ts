// Goal: a Failure or an Ongoing that a handler throws, with nothing of ours around, is answered as what it is.
// Method: the real frameworks, asked over real connections; each answer is read as a coordinator reads it.
import "reflect-metadata";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Server as NetServer } from "node:net";
import { status } from "@grpc/grpc-js";
import { outcomeOfGrpc, outcomeOfHttp } from "@lockstep/protocol";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import Fastify from "fastify";
import createHttpError, { isHttpError } from "http-errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGrpc } from "../fixture/bank-server.ts";
import { Bank } from "../fixture/gen/bank_pb.ts";
import { Lockstep } from "../lockstep.ts";
import { connectRefusals } from "./connect-refusals.ts";
import { Failure, Ongoing } from "./failure.ts";
import { grpcServiceOf } from "./grpc-service.ts";
import { grpcStatusOf } from "./grpc-status.ts";

// The types of these packages need the DOM's, which this repository has not; the parts that are used stand here.
const { Hono } = await loaded<{ Hono: new () => HonoApp }>("hono");
const { createAdaptorServer } = await loaded<{ createAdaptorServer(app: HonoApp): Server }>(
  "@hono/node-server",
);
const { default: Koa } = await loaded<{ default: new () => KoaApp }>("koa");
const { connectNodeAdapter } = await loaded<ConnectNode>("@connectrpc/connect-node");

interface HonoApp {
  readonly fetch: unknown;
  get(path: string, handler: () => Promise<Response>): unknown;
}
interface KoaApp {
  silent: boolean;
  use(handler: (context: { readonly path: string }) => Promise<void>): unknown;
  callback(): RequestListener;
}
interface ConnectNode {
  connectNodeAdapter(options: {
    readonly routes: (router: { service(service: typeof Bank, handlers: object): unknown }) => unknown;
    readonly interceptors: ReadonlyArray<typeof connectRefusals>;
  }): (request: Http2ServerRequest, response: Http2ServerResponse) => void;
}

async function loaded<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}

const DETAIL = { code: "no_money", data: { left: 3, of: "茶" } };
const thrownAt = (path: string): Error => {
  if (path === "/failure") return new Failure("no money");
  if (path === "/with-code") return new Failure("no money", DETAIL);
  return path === "/ongoing" ? new Ongoing("at the bank") : new Error("select secret");
};
const PATHS = ["/failure", "/with-code", "/ongoing", "/broken"] as const;

/** Listens on a free port. */
async function urlOf(server: Pick<NetServer, "listen" | "address">): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Running {
  readonly url: string;
  close(): unknown;
}

async function served(listener: RequestListener): Promise<Running> {
  const server = createHttpServer(listener);
  return { url: await urlOf(server), close: () => server.close() };
}

const FRAMEWORKS: Readonly<Record<string, () => Promise<Running>>> = {
  Fastify: async () => {
    const app = Fastify();
    for (const path of PATHS) app.get(path, async () => Promise.reject(thrownAt(path)));
    return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() };
  },
  Express: () => {
    const app = express().set("env", "test");
    for (const path of PATHS) app.get(path, async () => Promise.reject(thrownAt(path)));
    return served(app);
  },
  Koa: () => {
    const app = new Koa();
    app.silent = true;
    app.use(async ({ path }) => Promise.reject(thrownAt(path)));
    return served(app.callback());
  },
  Hono: async () => {
    const app = new Hono();
    for (const path of PATHS) app.get(path, async () => Promise.reject(thrownAt(path)));
    const server = createAdaptorServer(app);
    return { url: await urlOf(server), close: () => server.close() };
  },
  Nest: async () => {
    const app = await NestFactory.create(nestModule(), { logger: false });
    await app.listen(0, "127.0.0.1");
    return { url: await app.getUrl(), close: () => app.close() };
  },
};

/** A module with one route for each path. Decorators are functions, and this code has no others. */
function nestModule(): new () => object {
  class Branches {
    "/failure"(): never {
      throw thrownAt("/failure");
    }
    "/with-code"(): never {
      throw thrownAt("/with-code");
    }
    "/ongoing"(): never {
      throw thrownAt("/ongoing");
    }
    "/broken"(): never {
      throw thrownAt("/broken");
    }
  }
  for (const path of PATHS) {
    const descriptor = Object.getOwnPropertyDescriptor(Branches.prototype, path) ?? {};
    Get(path)(Branches.prototype, path, descriptor);
  }
  Controller()(Branches);
  class App {}
  Module({ controllers: [Branches] })(App);
  return App;
}

describe.for(Object.entries(FRAMEWORKS))("thrown in %s", ([name, start]) => {
  let app: Running;
  beforeAll(async () => {
    app = await start();
  });
  afterAll(async () => {
    await app.close();
  });
  const outcomeAt = async (path: string) => {
    const answer = await fetch(app.url + path);
    return outcomeOfHttp({ status: answer.status, body: await answer.text() });
  };

  test("a Failure is a failure, with and without a code", async () => {
    for (const path of ["/failure", "/with-code"]) {
      expect(await outcomeAt(path)).toMatchObject({
        kind: "failure",
        reason: expect.stringContaining("no money"),
      });
    }
    expect(await outcomeAt("/failure")).not.toHaveProperty("failureJson");
  });

  test("Ongoing is ongoing, and another error is unknown", async () => {
    expect(await outcomeAt("/ongoing")).toEqual({ kind: "ongoing" });
    expect((await outcomeAt("/broken")).kind).toBe("unknown");
  });

  // Fastify shows the code of an error, and Hono our whole answer; the others show the message alone.
  test("the code arrives where the framework shows it", async () => {
    const outcome = await outcomeAt("/with-code");
    const arrived = "failureJson" in outcome ? JSON.parse(outcome.failureJson) : undefined;
    expect(arrived).toEqual({ Hono: DETAIL, Fastify: { code: DETAIL.code } }[name]);
  });
});

test.for([
  [new Failure("no money"), 409],
  [new Ongoing("later"), 425],
] as const)("http-errors knows %s, and passes it on", ([error, http]) => {
  expect(isHttpError(error)).toBe(true);
  expect(createHttpError(error)).toBe(error);
  expect(createHttpError(500, error)).toMatchObject({ status: http, statusCode: http, expose: true });
});

test("the members for frameworks are not printed, and a subclass may have a code of its own", () => {
  class NoMoney extends Failure {
    override readonly code = "no_money";
  }
  expect(Object.keys(new Failure("no money"))).toEqual(["name"]);
  expect(new NoMoney("no money")).toMatchObject({ code: "no_money", status: 409 });
  expect(new Failure("no money", { ...DETAIL, cause: "x" })).toMatchObject({ ...DETAIL, cause: "x" });
});

describe("in a handler of grpc-js that grpcHandlers did not make", () => {
  const outcomeOf = async (error: object) => {
    await using server = await startGrpc((grpc) =>
      grpc.addService(grpcServiceOf(Bank), {
        transferOut: (_: unknown, callback: (error: object) => void) => callback(error),
      }),
    );
    return await outcomeOfBank(server.address);
  };

  test.for([
    ["a Failure", new Failure("no money"), { kind: "failure", reason: "no money FAILURE" }],
    ["Ongoing", new Ongoing("later"), { kind: "ongoing" }],
    [
      "grpcStatusOf a Failure with a code",
      grpcStatusOf(new Failure("no money", DETAIL)),
      { kind: "failure", reason: "no money FAILURE", failureJson: JSON.stringify(DETAIL) },
    ],
    ["grpcStatusOf Ongoing", grpcStatusOf(new Ongoing("later")), { kind: "ongoing" }],
    [
      "grpcStatusOf another error",
      grpcStatusOf(new Error("select secret")),
      { kind: "unknown", cause: "gRPC UNKNOWN: internal error" },
    ],
  ] as const)("%s is answered so", async ([, error, outcome]) => {
    expect(await outcomeOf(error)).toEqual(outcome);
  });
});

describe("in a handler of Connect", () => {
  const outcomeOf = async (error: Error, interceptors = [connectRefusals]) => {
    const server = createHttp2Server(
      connectNodeAdapter({
        routes: (router) => router.service(Bank, { transferOut: () => Promise.reject(error) }),
        interceptors,
      }),
    );
    const url = await urlOf(server);
    try {
      return await outcomeOfBank(url.slice("http://".length));
    } finally {
      server.close();
    }
  };

  test.for([
    ["a Failure", new Failure("no money"), { kind: "failure", reason: "no money FAILURE" }],
    [
      "a Failure with a code",
      new Failure("no money", DETAIL),
      { kind: "failure", reason: "no money FAILURE", failureJson: JSON.stringify(DETAIL) },
    ],
    ["Ongoing", new Ongoing("later"), { kind: "ongoing" }],
    [
      "another error",
      new Error("select secret"),
      { kind: "unknown", cause: "gRPC INTERNAL: internal error" },
    ],
  ] as const)("%s is answered so by the interceptor", async ([, error, outcome]) => {
    expect(await outcomeOf(error)).toEqual(outcome);
  });

  test("without the interceptor Connect hides what was thrown", async () => {
    expect((await outcomeOf(new Failure("no money"), [])).kind).toBe("unknown");
  });
});

/** Calls the bank as a coordinator does, and reads its answer so. */
async function outcomeOfBank(address: string) {
  await using lockstep = new Lockstep("http://127.0.0.1:1");
  const call = lockstep.service(Bank, address).transferOut({ account: "alice", amount: 1n });
  return await call.then(
    () => outcomeOfGrpc({ code: status.OK, message: "" }),
    ({ code, details, metadata }) =>
      outcomeOfGrpc({
        code,
        message: details,
        failureJson: String(metadata.get("lockstep-failure-bin")[0] ?? ""),
      }),
  );
}
