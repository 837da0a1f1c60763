import { status } from "@grpc/grpc-js";
import { CODES } from "@lockstep/protocol";
import { expect, test } from "vitest";
import { textOfPage } from "./page.ts";

const page = textOfPage("docs/errors.md");

test("docs/errors.md shows exactly CODES, row by row", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (\w+) \| (yes|no) \| (.+) \|$/gm)].map(
    ([row]) => row,
  );
  const coded = Object.entries(CODES).map(
    ([code, { http, grpc, retryable, doc }]) =>
      `| \`${code}\` | ${http} | ${status[grpc]} | ${retryable ? "yes" : "no"} | ${doc} |`,
  );
  expect(rows).toEqual(coded);
});

test("docs/errors.md says for exactly these codes what to do", () => {
  const sections = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, code]) => code);
  expect(sections).toEqual(Object.keys(CODES));
});
