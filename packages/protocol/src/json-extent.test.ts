// Goal: a JSON text that would hold the event loop is refused before it is parsed, and no request that is well is.
// Method: texts at and beyond each limit; strings with what looks like structure; then any JSON against a count of ours.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkJsonExtent, JSON_DEPTH_MAX, JSON_VALUES_MAX } from "./json-extent.ts";
import { parseSagaCustomData } from "./saga-custom-data.ts";
import { parseTransGlobal } from "./trans-global.ts";

const VALUES = `The body has more than ${JSON_VALUES_MAX} values`;
const LEVELS = `The body has more than ${JSON_DEPTH_MAX} levels`;

function numbered(count: number): string {
  return `{${Array.from({ length: count }, (_, number) => `"k${number}":1`).join(",")}}`;
}

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}

describe("checkJsonExtent", () => {
  test.for([
    ["as many members as may be", numbered(JSON_VALUES_MAX - 1)],
    ["as many levels as may be", nested(JSON_DEPTH_MAX)],
    ["many levels beside each other", `[${`${nested(JSON_DEPTH_MAX - 1)},`.repeat(100)}1]`],
    ["a long text", JSON.stringify("x".repeat(4_000_000))],
    ["brackets and commas in a text", JSON.stringify("[{,".repeat(1_000_000))],
    ["quotation marks in a text", JSON.stringify('",'.repeat(1_000_000))],
    ["backslashes at the end of texts", JSON.stringify(["\\", "\\\\", '\\"', "\\".repeat(1_000_001)])],
    ["brackets in a name", `{${JSON.stringify("[".repeat(1_000))}:1}`],
    ["a text that does not end", `"${"[".repeat(1_000)}`],
    ["nothing", ""],
  ])("takes %s", ([, text = ""]) => {
    expect(() => checkJsonExtent(text, "The body")).not.toThrow();
  });

  test.for([
    ["a member too many", numbered(JSON_VALUES_MAX), VALUES],
    ["300,000 members", numbered(300_000), VALUES],
    ["an element too many", `[${"1,".repeat(JSON_VALUES_MAX - 1)}1]`, VALUES],
    ["1,000,000 empty objects", `[${"{},".repeat(1_000_000)}{}]`, VALUES],
    ["a level too many", nested(JSON_DEPTH_MAX + 1), LEVELS],
    ["1,000,000 brackets", "[".repeat(1_000_000), LEVELS],
    ["levels after a text with an escaped quotation mark", `["\\"",${"[".repeat(JSON_DEPTH_MAX)}`, LEVELS],
    ["levels after a text that ends in a backslash", `["\\\\",${"[".repeat(JSON_DEPTH_MAX)}`, LEVELS],
  ])("refuses %s", ([, text = "", problem = ""]) => {
    expect(() => checkJsonExtent(text, "The body")).toThrow(problem);
  });

  test("counts what a parser finds", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const limit = { values: countOf(value), depth: depthOf(value) };
        expect(limit.values).toBeLessThan(JSON_VALUES_MAX);
        // As many arrays beside the value as are left fit, and one more does not.
        const rest = JSON_VALUES_MAX - limit.values - 1;
        expect(() => checkJsonExtent(`[${text}${",1".repeat(rest)}]`, "The body")).not.toThrow();
        expect(() => checkJsonExtent(`[${text}${",1".repeat(rest + 1)}]`, "The body")).toThrow(VALUES);
        const around = JSON_DEPTH_MAX - limit.depth;
        expect(() => checkJsonExtent(`${"[".repeat(around)}${text}`, "The body")).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});

/** What the check counts: one for the text, and one for each object, array and comma. */
function countOf(value: unknown): number {
  let count = 1;
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    const parts: unknown[] = Object.values(part);
    count += 1 + Math.max(0, parts.length - 1);
    for (const inner of parts) visit(inner);
  };
  visit(value);
  return count;
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("every JSON text of a request is checked", () => {
  expect(() => parseTransGlobal(numbered(JSON_VALUES_MAX))).toThrow(VALUES);
  expect(() => parseSagaCustomData(numbered(JSON_VALUES_MAX))).toThrow("custom_data has more than");
});

test("the largest saga fits", () => {
  const count = 1_000;
  const body = JSON.stringify({
    steps: Array.from({ length: count }, () => ({
      action: "http://b/a",
      compensate: "http://b/c",
      data: "1",
    })),
    payloads: Array.from({ length: count }, () => "{}"),
    branch_headers: Object.fromEntries(Array.from({ length: 64 }, (_, number) => [`x-${number}`, "1"])),
  });
  expect(parseTransGlobal(body).steps).toHaveLength(count);
  const orders = Object.fromEntries(Array.from({ length: 100 }, (_, step) => [step, Array(100).fill(0)]));
  expect(() => parseSagaCustomData(JSON.stringify({ concurrent: true, orders }))).not.toThrow();
});
