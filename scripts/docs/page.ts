import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the repository, with a slash at its end. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** The pages for people, by their paths in the repository. */
export function pageNames(): readonly string[] {
  return [
    "README.md",
    "CONTRIBUTING.md",
    ...readdirSync(`${REPOSITORY}docs`)
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => `docs/${name}`),
    ...readMesIn("packages"),
    ...readMesIn("examples"),
    "bench/README.md",
  ];
}

function readMesIn(folder: string): readonly string[] {
  return readdirSync(REPOSITORY + folder)
    .sort()
    .map((name) => `${folder}/${name}/README.md`)
    .filter((name) => existsSync(REPOSITORY + name));
}

/** A page by its path in the repository. */
export interface Page {
  readonly name: string;
  readonly text: string;
}

export function pageOf(name: string): Page {
  return { name, text: textOfPage(name) };
}

export function textOfPage(name: string): string {
  return readFileSync(REPOSITORY + name, "utf8");
}

/** The text of a page outside of fenced blocks. */
export function proseOf(page: string): string {
  return page.replace(/^```[\s\S]*?^```$/gm, "");
}

/** A heading of a page. */
export interface Heading {
  /** 1 for `#`, 2 for `##`. */
  readonly level: number;
  readonly title: string;
}

/** The headings of a page, in their order. */
export function headingsOf(page: string): readonly Heading[] {
  return proseOf(page)
    .split("\n")
    .map(headingOf)
    .filter((heading) => heading !== undefined);
}

/** The heading with which a text begins. */
export function headingOf(text: string): Heading | undefined {
  const [, marks = "", title = ""] = /^(#+) (.+)/.exec(text) ?? [];
  return title === "" ? undefined : { level: marks.length, title };
}

/** A fenced block: "```ts run=saga.ts" has the language `ts` and the marks `run=saga.ts`. */
export interface Block {
  readonly language: string;
  readonly marks: readonly string[];
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** All fenced blocks of a page, in their order. @throws Error for a fence that is never closed */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { language: string; marks: readonly string[]; line: number; body: string[] } | undefined;
  for (const [index, text] of page.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (fence === null) open?.body.push(text);
    else if (open === undefined) {
      const [language = "", ...marks] = (fence[1] ?? "").trim().split(/\s+/);
      open = { language, marks, line: index + 1, body: [] };
    } else {
      const { body, ...block } = open;
      blocks.push({ ...block, text: `${body.join("\n")}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`the block that line ${open.line} opens is never closed`);
  return blocks;
}
