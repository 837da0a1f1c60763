import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REPOSITORY, textOfPage } from "./page.ts";

const rows = [
  ...textOfPage("docs/operating.md").matchAll(/^\| (`[^|]+`) \| (?:info|warn|error) \| .+ \|$/gm),
];
const events = rows.flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, event = ""]) => event),
);
const sources = globSync(`${REPOSITORY}packages/server/src/**/*.ts`)
  .filter((path) => !path.endsWith(".test.ts"))
  .map((path) => readFileSync(path, "utf8"));

test("docs/operating.md has a table of log events", () => {
  expect(events.length).toBeGreaterThan(5);
});

test.for(events)("docs/operating.md: the server logs %j", (event) => {
  expect(sources.some((source) => source.includes(`"${event}"`))).toBe(true);
});
