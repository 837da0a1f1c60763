// Goal: docs/operating.md has exactly the events that a coordinator logs above debug, with their levels.
// Method: both are read as text: the rows of the page, and the sentences in the server's sources that are handed to a log.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REPOSITORY, textOfPage } from "./page.ts";

/** `log.warn("…"`, wherever the line breaks; what is put together from parts is configuration, told at start only. */
const LOGGED = /\blog\.(info|warn|error)\(\s*"([^"]+)"/g;

/** The rows of the page as `level event`. */
function shownEvents(): readonly string[] {
  const rows = textOfPage("docs/operating.md").matchAll(/^\| (`[^|]+`) \| (info|warn|error) \| .+ \|$/gm);
  return [...rows].flatMap(([, events = "", level = ""]) =>
    [...events.matchAll(/`([^`]+)`/g)].map(([, event = ""]) => `${level} ${event}`),
  );
}

/** What the server's sources log, as `level event`; a sentence that is logged in two places is one event. */
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
