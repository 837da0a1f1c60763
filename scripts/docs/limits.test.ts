// Goal: docs/operating.md has exactly the limits that matter to callers of the coordinator and to its branches.
// Method: every number that the limits modules export is a row of the page or is named here. The engine's own limits,
// which only set its pace, are not checked.
import { expect, test } from "vitest";
// Not from the packages' entry points, which do not export the limits of the doors.
import * as json from "../../packages/protocol/src/json-extent.ts";
import * as wire from "../../packages/protocol/src/words.ts";
import * as alerts from "../../packages/server/src/alerts/limits.ts";
import * as api from "../../packages/server/src/api/limits.ts";
import * as branches from "../../packages/server/src/branches/limits.ts";
import * as transaction from "../../packages/server/src/transaction/limits.ts";
import { textOfPage } from "./page.ts";

/** Limits that are no row of the page. A new limit must be a row of the page or be named here with the reason. */
const NOT_ON_THE_PAGE: readonly string[] = [
  // docs/configuration.md has them.
  "DEFAULT_HTTP_PORT",
  "DEFAULT_GRPC_PORT",
  // They limit what is shown; nothing is refused.
  "PAGE_ROWS_DEFAULT",
  "GRPC_MESSAGE_CHARACTERS_MAX",
  "GRPC_TRAILER_BYTES_MAX",
  "GRPC_DETAIL_BYTES_MAX",
  "GRPC_DETAIL_BYTES_MIN",
  "ATTEMPTS_KEPT_MAX",
  "ATTEMPT_DETAIL_CHARACTERS_MAX",
  "REASON_CHARACTERS_MAX",
  "BULK_AT_A_TIME_MAX",
  "SAMPLES_MAX",
  // How long connections are kept.
  "HTTP_LINGER_MS",
  // How lists share the time with other work.
  "LIST_PAUSE_MS_MAX",
  "HTTP_SLOW_CLIENT_CHECK_MS",
  "HTTP_KEEP_ALIVE_MS",
  "CONNECT_TIMEOUT_MS",
  "KEEP_ALIVE_MS",
  "KEEP_ALIVE_HINTED_MS_MAX",
  "REDIRECTS_MAX",
  // It limits what is remembered of calls that went wrong.
  "SUSPECTS_MAX",
  "SPELLINGS_MAX",
  // The row of REQUEST_ARRIVAL_MS_MAX tells it.
  "HTTP_HEADERS_TIMEOUT_MS",
  // Times of a stop and of refusals.
  "RETIRE_MS_MAX",
  "DOOR_STOP_GRACE_MS",
  "GRPC_WATCHERS_GRACE_MS",
  // Times of a start; the page tells of the minute.
  "LISTEN_AGAIN_MS_MAX",
  "LISTEN_AGAIN_AFTER_MS",
  "LISTENER_ANSWER_MS_MAX",
  "RETRY_AFTER_S",
  "GRPC_DEADLINE_MARGIN_MS",
  // The row of WAIT_MS_UNASKED tells it.
  "WAIT_SHARE_OF_REQUEST_TIMEOUT",
  // It refuses nothing; docs/dtm.md tells of it.
  "WORKFLOW_CALL_BACK_MS",
  // docs/dtm.md tells of it.
  "DUE_LATER_TRANSACTIONS_DEFAULT",
  // They come from the machine's timers and clocks.
  "TIMER_MS_MAX",
  "CLOCK_STEP_MS_MIN",
  // How often the gRPC door asks the store.
  "GRPC_HEALTH_MS",
];

const coded: Readonly<Record<string, unknown>> = {
  ...alerts,
  ...api,
  ...branches,
  ...transaction,
  ...wire,
  ...json,
};
const numbers = Object.keys(coded).filter((name) => typeof coded[name] === "number");
const rows = [...textOfPage("docs/operating.md").matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \| .+ \|$/gm)].map(
  ([, name = "", value = ""]) => [name, Number(value.replaceAll(",", ""))] as const,
);
const shown = rows.map(([name]) => name);

test.for(rows)("docs/operating.md: %s is %i", ([name, value]) => {
  expect(coded[name]).toBe(value);
});

test("every limit is on the page, or is said here to belong elsewhere, and not both", () => {
  expect([...shown, ...NOT_ON_THE_PAGE].sort()).toEqual(numbers.sort());
});
