import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePorts } from "../../e2e/free-ports.ts";
import { checkFree, parsePorts } from "./ports.ts";

test("without the environment the ports are those of the Go services, and dtm's", () => {
  expect(parsePorts({})).toEqual({
    userApi: 8_888,
    userRpc: 8_080,
    scoreRpc: 8_096,
    coordinatorHttp: 36_789,
    coordinatorGrpc: 36_790,
  });
});

test("every wrong port is named", () => {
  const env = { USER_API_PORT: "x", USER_RPC_PORT: "0", SCORE_RPC_PORT: "36789" };
  expect(() => parsePorts(env)).toThrow(
    'USER_API_PORT must be a port from 1 to 65535, not "x"\n' +
      'USER_RPC_PORT must be a port from 1 to 65535, not "0"\n' +
      "SCORE_RPC_PORT and COORDINATOR_HTTP_PORT are both 36789; each needs its own",
  );
});

test("a port on which somebody listens is named, and how to choose another", async () => {
  const ports = await freePorts();
  await checkFree(ports);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports.scoreRpc, "127.0.0.1", resolve));
  try {
    await expect(checkFree(ports)).rejects.toThrow(
      `port ${ports.scoreRpc} (score-rpc) is taken; free it, or choose another by SCORE_RPC_PORT`,
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
