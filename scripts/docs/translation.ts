import { globSync } from "node:fs";
import { type Page, REPOSITORY } from "./page.ts";

/** The pages that are there in Chinese too. */
const TRANSLATED: readonly string[] = [
  "README.md",
  "docs/barrier.md",
  "docs/dtm.md",
  "docs/operating.md",
  "docs/saga.md",
];

/** How many lines from the top of a page the link to the other language may be. */
const LANGUAGE_LINES_MAX = 5;

/** The paths of the pages that say the same, first English, then Chinese. */
export function translations(): readonly (readonly [string, string])[] {
  return TRANSLATED.map((english) => [english, chineseNameOf(english)]);
}

/** The path of the Chinese page. An English page without a translation is its own. */
export function chineseNameOf(english: string): string {
  if (!TRANSLATED.includes(english)) return english;
  return english === "README.md" ? "README.zh-CN.md" : english.replace("docs/", "docs/zh-CN/");
}

/** The paths of the Chinese pages that are there. */
export function chinesePageNames(): readonly string[] {
  return globSync(["README.zh-CN.md", "docs/zh-CN/*.md"], { cwd: REPOSITORY }).sort();
}

/** Whether the first lines of a page have this link to the page in the other language. */
export function hasLanguageLink(page: Page, link: string): boolean {
  return page.text
    .split("\n")
    .slice(0, LANGUAGE_LINES_MAX)
    .some((line) => line.includes(link));
}
