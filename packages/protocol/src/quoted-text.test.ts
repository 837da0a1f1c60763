// Goal: a text of somebody else can stand in a sentence and in a log, however long and whatever is in it.
import { expect, test } from "vitest";
import { QUOTED_CHARACTERS_MAX, quotedText } from "./quoted-text.ts";

const FULL = "x".repeat(QUOTED_CHARACTERS_MAX);

test.for([
  ["short", '"short"'],
  ['a "b"\r\nc', String.raw`"a \"b\"\r\nc"`],
  [FULL, `"${FULL}"`],
  [`${FULL}y`, `"${FULL}…"`],
  [`${FULL.slice(1)}😀`, `"${FULL.slice(1)}\ufffd…"`],
] as const)("%j is quoted as %s", ([text, quoted]) => {
  expect(quotedText(text)).toBe(quoted);
});
