// Goal: a Chinese page says what its English page says, and each leads to the other.
// Method: compare what needs no knowledge of the language (difference.ts). The blocks need no second run: the tests of
// the English page run them.
import { existsSync } from "node:fs";
import { dirname, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { differencesOf } from "./difference.ts";
import { pageOf, REPOSITORY, textOfPage } from "./page.ts";
import { chinesePageNames, hasLanguageLink, translations } from "./translation.ts";

describe.for(translations())("%s and %s", ([english, chinese]) => {
  test("the translation is there", () => {
    expect(existsSync(REPOSITORY + chinese)).toBe(true);
  });

  test("they say the same", () => {
    expect(differencesOf(pageOf(english), pageOf(chinese))).toEqual([]);
  });

  test("their first lines lead from one to the other", () => {
    const there = relative(dirname(english), chinese);
    const back = relative(dirname(chinese), english);
    expect(hasLanguageLink(pageOf(english), `[简体中文](${there})`)).toBe(true);
    expect(hasLanguageLink(pageOf(chinese), `[English](${back})`)).toBe(true);
  });
});

test("every Chinese page is compared with an English one", () => {
  expect(chinesePageNames()).toEqual(
    translations()
      .map(([, chinese]) => chinese)
      .sort(),
  );
});

test("the glossary has a Chinese word for each of its words", () => {
  const words = [...textOfPage("docs/glossary.md").matchAll(/^\| ([^|]+) \| ([^|]*) \|.*\|.*\|$/gm)];
  expect(words.length).toBeGreaterThan(50);
  expect(
    words.filter(([, , chinese = ""]) => !/\p{Script=Han}|SAGA/u.test(chinese)).map(([row]) => row),
  ).toEqual([]);
});

const ENGLISH = `
# A page

The \`status\` stays for 10 s; see [the table](#the-table).

\`\`\`ts run=a.ts
let a = 1;
\`\`\`

\`\`\`text output
done
\`\`\`

\`\`\`mermaid
sequenceDiagram
\`\`\`

\`\`\`text
read me
\`\`\`

\`\`\`yaml
port: 1
\`\`\`

## The table

| Code | Means |
|---|---|
| \`gid_conflict\` | 422, see [the guide](saga.md#order) |
`;
const CHINESE = `
# 页面

\`status\` 保持 10 s；见[表格](#表格)。

\`\`\`ts run=a.ts
let a = 1;
\`\`\`

\`\`\`text output
done
\`\`\`

\`\`\`mermaid
sequenceDiagram %% 图
\`\`\`

\`\`\`text
请读
\`\`\`

\`\`\`yaml
port: 1
\`\`\`

## 表格

| 错误码 | 含义 |
|---|---|
| \`gid_conflict\` | 422，见[指南](saga.md#执行顺序) |
`;

/** The differences after `from` became `to` in the translation. */
function differencesAfter(from: string, to: string): readonly string[] {
  expect(CHINESE).toContain(from);
  return differencesOf(
    { name: "docs/barrier.md", text: ENGLISH },
    { name: "docs/zh-CN/barrier.md", text: CHINESE.replace(from, to) },
  );
}

test.for([
  ["another block", "let a = 1;", "let a = 2;", "the block of line 6 is another one in line 6"],
  ["another output", "done", "完成", "the block of line 10 is another one in line 10"],
  ["another file", "port: 1", "port: 2", "the block of line 22 is another one in line 22"],
  ["another mark", "ts run=a.ts", "ts file=a.ts", "the block of line 6 is another one"],
  ["a block less", "```mermaid\nsequenceDiagram %% 图\n```\n", "", "5 blocks are 4"],
  ["a heading of another level", "## 表格", "### 表格", "headings of the levels 0 1 2 are 0 1 3"],
  ["a heading less", "## 表格", "", "headings of the levels 0 1 2 are 0 1"],
  [
    "a row less",
    "| `gid_conflict` | 422，见[指南](saga.md#执行顺序) |\n",
    "",
    "The table: table rows 2,2,2 are 2,2",
  ],
  ["a cell less", "| 含义 |", "|", "The table: table rows 2,2,2 are 1,2,2"],
  ["another code word", "`status`", "`state`", "A page: the translation lacks `status`"],
  ["one code word more", "保持", "`stays`", "A page: only the translation has `stays`"],
  ["another figure", "10 s", "20 s", "A page: the translation lacks 10"],
  [
    "a link less",
    "[表格](#表格)",
    "表格",
    "A page: the translation lacks the link to docs/zh-CN/barrier.md#1",
  ],
  [
    "a link to another heading",
    "(#表格)",
    "(#页面)",
    "only the translation has the link to docs/zh-CN/barrier.md#0",
  ],
  [
    "a link to the English page",
    "saga.md#执行顺序",
    "../saga.md#order",
    "The table: only the translation has the link",
  ],
] as const)("%s is noticed", ([, from, to, difference]) => {
  expect(differencesAfter(from, to).join("\n")).toContain(difference);
});

test("other words are no difference", () => {
  expect(differencesAfter("页面", "一页")).toEqual([]);
});
