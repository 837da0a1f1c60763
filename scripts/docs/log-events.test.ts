// Goal: docs/operating.md has exactly the events that a coordinator logs above debug, with their levels.
// Method: read both as text: the rows of the page, and the sentences that the server's sources log.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REPOSITORY, textOfPage } from "./page.ts";

/**
 * `log.warn("…"`, also over several lines. Only warnings of the configuration, at start, have no such constant text.
 */
const LOGGED = /\blog\.(info|warn|error)\(\s*"([^"]+)"/g;

/** The rows of the page as `level event`. */
function shownEvents(): readonly string[] {
  const rows = textOfPage("docs/operating.md").matchAll(/^\| (`[^|]+`) \| (info|warn|error) \| .+ \|$/gm);
  return [...rows].flatMap(([, events = "", level = ""]) =>
    [...events.matchAll(/`([^`]+)`/g)].map(([, event = ""]) => `${level} ${event}`),
  );
}

/** The events that the server's sources log, as `level event`; a sentence that two places log is one event. */
function loggedEvents(): readonly string[] {
  const sources = globSync(`${REPOSITORY}packages/server/src/**/*.ts`)
    .filter((path) => !/(?:\.test|-fixture)\.ts$/.test(path))
    .map((path) => readFileSync(path, "utf8"));
  const found = sources.flatMap((source) => [...source.matchAll(LOGGED)]);
  return [...new Set(found.map(([, level = "", event = ""]) => `${level} ${event}`))];
}

test("docs/operating.md shows exactly the events that are logged, with their levels", () => {
  expect(shownEvents().toSorted()).toEqual(loggedEvents().toSorted());
});

test("there are events to look at", () => {
  expect(loggedEvents().length).toBeGreaterThan(5);
});
