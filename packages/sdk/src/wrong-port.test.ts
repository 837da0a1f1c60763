// Goal: an address that leads to nobody, or to the other port of a coordinator, says what to do.
// Method: real ports: a closed one, an HTTP server's and a gRPC server's.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGrpc, type TestServer } from "./fixture/bank-server.ts";
import { json, type RecordingServer, startRecording } from "./fixture/recording-server.ts";
import { Lockstep } from "./lockstep.ts";

let http: RecordingServer;
let grpc: TestServer;
beforeAll(async () => {
  http = await startRecording((response) => json(response, { dtm_result: "SUCCESS" }));
  grpc = await startGrpc(() => undefined);
});
afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await grpc[Symbol.asyncDispose]();
});

test.for<[string, () => string, RegExp]>([
  [
    "gRPC to a port where nobody listens",
    () => "grpc://127.0.0.1:1",
    /no answer at 127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1\. Check that it runs/,
  ],
  [
    "gRPC to an HTTP port",
    () => http.url.replace("http", "grpc"),
    /does not speak gRPC; if it is the coordinator's HTTP port, give http:\/\/127\.0\.0\.1:\d+,/,
  ],
  [
    "HTTP to a gRPC port",
    () => `http://${grpc.address}`,
    /does not speak HTTP; if it is the coordinator's gRPC port, give grpc:\/\/127\.0\.0\.1:\d+,/,
  ],
])("%s", async ([, addressOf, message]) => {
  await using lockstep = new Lockstep(addressOf());
  await expect(lockstep.newGid()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(message),
  });
});

test("no error shows the query of an address, which may hold a password", async () => {
  const query = "?user=u&password=s3cret";
  expect(() => new Lockstep(`ftp://h/key${query}`)).toThrow(/"ftp:\/\/h\/key" names no coordinator/);
  expect(() => new Lockstep(`http://h${query}`)).toThrow(/"http:\/\/h" is no address/);
  const lockstep = new Lockstep(`etcd://127.0.0.1:1/key${query}`);
  await lockstep.close();
  const error: unknown = await lockstep.newGid().catch((thrown: unknown) => thrown);
  expect(String(error)).toContain("The client of etcd://127.0.0.1:1/key is closed");
  expect(String(error)).not.toContain("s3cret");
});
