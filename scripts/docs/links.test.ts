// Goal: everything that a page refers to exists: links, headings, and paths of the repository in code marks.
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { leadsSomewhere, linksOf } from "./link.ts";
import { pageNames, pageOf, proseOf, REPOSITORY, textOfPage } from "./page.ts";
import { chinesePageNames } from "./translation.ts";

const NAMES = [...pageNames(), ...chinesePageNames()];

function pathsOf(name: string): readonly string[] {
  const paths = proseOf(textOfPage(name)).matchAll(/`((?:packages|examples|docs|scripts|bench)\/[\w./-]*)`/g);
  return [...paths].map(([, path = ""]) => path);
}

test("there are links and paths to look at", () => {
  expect(NAMES).toContain("docs/zh-CN/saga.md");
  expect(NAMES.flatMap((name) => linksOf(pageOf(name))).length).toBeGreaterThan(20);
  expect(NAMES.flatMap(pathsOf).length).toBeGreaterThan(20);
});

describe.for(NAMES)("%s", (name) => {
  test("links lead somewhere", () => {
    const broken = linksOf(pageOf(name)).filter((link) => !leadsSomewhere(link));
    expect(broken.map(({ written }) => written)).toEqual([]);
  });

  test("paths exist", () => {
    expect(pathsOf(name).filter((path) => !existsSync(REPOSITORY + path))).toEqual([]);
  });
});
