// Goal: three failures in a row, and dtm's webhook is called with the gid (scenario 33), as dtm's own configuration says.
// Method: a real coordinator, a real branch and a real webhook, over sockets.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { serve } from "../src/serve.ts";

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("three failures in a row of one op: the webhook is called with the gid (scenario 33)", async () => {
  const alerts: string[] = [];
  const answers = [500, 425, 500, 500, 500, 500, 200];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === "/hook") {
      alerts.push(`${request.method} ${request.headers["content-type"]} ${body}`);
      response.end();
    } else response.writeHead(answers.shift() ?? 200).end("bad");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fileText = `AlertRetryLimit: 3\nAlertWebHook: '${host}/hook'\n`;
  const env = { LOCKSTEP_RETRY_BASE_MS: "10" };
  const flags = { httpPort: "0", grpcPort: "0", store: "memory:" };
  const { config, warnings } = loadConfig({ flags, env, fileText });
  expect(warnings).toEqual([]);
  const running = await serve(config, { log: SILENT });

  const submitted = await fetch(`http://127.0.0.1:${running.http.port}/api/dtmsvr/submit`, {
    method: "POST",
    body: JSON.stringify({
      gid: "al1",
      trans_type: "saga",
      wait_result: true,
      steps: [{ action: `${host}/al?token=secret`, compensate: "" }],
      payloads: ["{}"],
    }),
  });
  expect(submitted.status).toBe(200);
  await expect.poll(() => alerts.length).toBe(2);
  const [place = ""] = host.split("//").slice(1);
  const error =
    "your http/grpc result should be specified as in:\\nhttp://d.dtm.pub/practice/arch.html#proto\\n" +
    `unkown result will be retried: ${place}: HTTP 500: bad`;
  // One failure before ONGOING, and two of the four after it, are too few.
  expect(alerts).toEqual(
    [3, 4].map(
      (count) =>
        `POST application/json {"branch":"${host}/al","error":"${error}","gid":"al1",` +
        `"retry_count":${count},"status":"submitted"}`,
    ),
  );
  await running.stop();
  await new Promise((resolve) => server.close(resolve));
});
