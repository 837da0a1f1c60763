import { LockstepError } from "@lockstep/protocol";
import { expect, test } from "vitest";
import { PAGE_BYTES_MAX } from "./limits.ts";
import { type ListParameters, parseListParameters } from "./list-parameters.ts";

test.for<readonly [ListParameters, object]>([
  [{}, { limit: 100 }],
  [{ limit: "", position: "", status: "", transType: "", createTimeStart: "" }, { limit: 100 }],
  [{ limit: "1" }, { limit: 1 }],
  [{ limit: "1000" }, { limit: 1_000 }],
  [
    { position: "42", limit: "5" },
    { limit: 5, beforeId: 42 },
  ],
  [
    { createTimeStart: "1700000000000", createTimeEnd: "1700000000999" },
    { limit: 100, createdFrom: 1_700_000_000_000, createdTo: 1_700_000_000_999 },
  ],
  [
    { status: "succeed", transType: "saga" },
    { limit: 100, status: "succeed", transType: "saga" },
  ],
  [
    { parked: "true", destination: "http://a:1", gidPrefix: "order-" },
    { limit: 100, parked: true, destination: "http://a:1", gidPrefix: "order-" },
  ],
  [{ parked: "false" }, { limit: 100, parked: false }],
  [{ parked: "", destination: "", gidPrefix: "" }, { limit: 100 }],
])("%j asks the store for %j", ([parameters, query]) => {
  expect(parseListParameters(parameters)).toEqual({ ...query, bytesMax: PAGE_BYTES_MAX });
});

test.for<readonly [ListParameters, string]>([
  [{ limit: "x" }, 'convert to int error: "x"; limit must be a whole number.'],
  [{ limit: "1.5" }, 'convert to int error: "1.5"; limit must be a whole number.'],
  [{ limit: "0" }, "limit is 0; it must be from 1 to 1000. Longer lists come in pages, by next_position."],
  [
    { limit: "1001" },
    "limit is 1001; it must be from 1 to 1000. Longer lists come in pages, by next_position.",
  ],
  [{ position: "abc" }, 'convert to int error: "abc"; position must be a whole number.'],
  [{ position: "-1" }, 'convert to int error: "-1"; position must be a whole number.'],
  [{ createTimeEnd: "now" }, 'convert to int error: "now"; createTimeEnd must be a whole number.'],
  [
    { status: "done" },
    'status "done" is unknown; it must be one of prepared, submitted, aborting, succeed, failed.',
  ],
  [{ parked: "yes" }, 'parked is "yes"; it must be true or false.'],
])("%j is refused", ([parameters, message]) => {
  expect(() => parseListParameters(parameters)).toThrow(new LockstepError("invalid_argument", message));
});
