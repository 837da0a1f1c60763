// Not from a package's entry point, which does not export the table.
import { expect, test } from "vitest";
import { TRANSITIONS } from "../../packages/server/src/transaction/status.ts";
import { textOfPage } from "./page.ts";

test("docs/state-machine.md draws exactly TRANSITIONS", () => {
  const drawn = [...textOfPage("docs/state-machine.md").matchAll(/^ *(\w+) --> (\w+)$/gm)];
  const coded = Object.entries(TRANSITIONS).flatMap(([from, tos]) => tos.map((to) => `${from} ${to}`));
  expect(drawn.map(([, from, to]) => `${from} ${to}`).sort()).toEqual(coded.sort());
});

test("docs/state-machine.md says of every move what makes it", () => {
  const told = [...textOfPage("docs/state-machine.md").matchAll(/^\| `(\w+)` \| `(\w+)` \| .+ \|$/gm)];
  const coded = Object.entries(TRANSITIONS).flatMap(([from, tos]) => tos.map((to) => `${from} ${to}`));
  expect(told.map(([, from, to]) => `${from} ${to}`).sort()).toEqual(coded.sort());
});

test("docs/state-machine.md draws as ends exactly what has no way on", () => {
  const drawn = [...textOfPage("docs/state-machine.md").matchAll(/^ *(\w+) --> \[\*\]$/gm)];
  const coded = Object.entries(TRANSITIONS).flatMap(([from, tos]) => (tos.length === 0 ? [from] : []));
  expect(drawn.map(([, from]) => from).sort()).toEqual(coded.sort());
});
