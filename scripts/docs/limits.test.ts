// Not the packages' entry points: limits of the doors are the server's own.
import { expect, test } from "vitest";
import * as wire from "../../packages/protocol/src/words.ts";
import * as api from "../../packages/server/src/api/limits.ts";
import * as branches from "../../packages/server/src/branches/limits.ts";
import * as transaction from "../../packages/server/src/transaction/limits.ts";
import { textOfPage } from "./page.ts";

const coded: Readonly<Record<string, unknown>> = { ...api, ...branches, ...transaction, ...wire };
const rows = [...textOfPage("docs/operating.md").matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \| .+ \|$/gm)].map(
  ([, name = "", value = ""]) => [name, Number(value.replaceAll(",", ""))] as const,
);

test("docs/operating.md has a table of limits", () => {
  expect(rows.length).toBeGreaterThan(10);
});

test.for(rows)("docs/operating.md: %s is %i", ([name, value]) => {
  expect(coded[name]).toBe(value);
});
