// Goal: everything that a page refers to exists: links, headings, and paths of the repository in code marks.
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { pageNames, REPOSITORY, textOfPage } from "./page.ts";

/** Text outside of fenced blocks. */
function proseOf(name: string): string {
  return textOfPage(name).replace(/^```[\s\S]*?^```$/gm, "");
}

/** The names that GitHub gives a page's headings. */
function anchorsOf(name: string): readonly string[] {
  return [...proseOf(name).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function linksOf(name: string): readonly string[] {
  const links = [...proseOf(name).matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^https?:/.test(link));
}

function pathsOf(name: string): readonly string[] {
  return [...proseOf(name).matchAll(/`((?:packages|examples|docs|scripts|bench)\/[\w./-]*)`/g)].map(
    ([, path = ""]) => path,
  );
}

function brokenLinksOf(name: string): readonly string[] {
  return linksOf(name).filter((link) => {
    const [path = "", anchor] = link.split("#");
    const page = path === "" ? name : normalize(join(dirname(name), path));
    if (!existsSync(REPOSITORY + page)) return true;
    return anchor !== undefined && !anchorsOf(page).includes(anchor);
  });
}

test("there are links and paths to look at", () => {
  expect(pageNames().flatMap(linksOf).length).toBeGreaterThan(20);
  expect(pageNames().flatMap(pathsOf).length).toBeGreaterThan(20);
});

describe.for(pageNames())("%s", (name) => {
  test("links lead somewhere", () => {
    expect(brokenLinksOf(name)).toEqual([]);
  });

  test("paths exist", () => {
    expect(pathsOf(name).filter((path) => !existsSync(REPOSITORY + path))).toEqual([]);
  });
});
