// Goal: every block of code on the pages for people runs, and prints what the page says.
// Method: run the blocks of each page in their order, in a folder of its own, on free ports (snippet.ts explains the
// marks). Blocks that need database servers are only compiled here; snippets.real.test.ts runs them.
import { provideCurl } from "@lockstep/testkit/servers";
import { beforeAll, describe, expect, test } from "vitest";
import { blocksOf, pageNames, textOfPage } from "./page.ts";
import { snippetOf } from "./snippet.ts";
import { snippetsIn, snippetsOf, tryPage, trySnippets } from "./try-page.ts";

const PAGE_MS_MAX = 300_000;

beforeAll(async () => {
  await provideCurl();
}, 120_000);

test("there are pages, and code in them", () => {
  expect(pageNames()).toEqual(
    expect.arrayContaining(["docs/saga.md", "examples/registration/README.md", "packages/sdk/README.md"]),
  );
  expect(pageNames().flatMap(snippetsOf).length).toBeGreaterThan(20);
});

test("the name of a file, and how to run it, stand in its first line: GitHub hides what is behind the fence", () => {
  const hidden = pageNames().flatMap((page) =>
    blocksOf(textOfPage(page)).flatMap(({ marks, text, line }) => {
      const [, verb, name] = /^(file|run|serve)=(.+)$/.exec(marks[0] ?? "") ?? [];
      if (name === undefined) return [];
      const said = verb === "file" ? name : `${name}, run with: npx node ${name}`;
      return text.split("\n", 1)[0]?.endsWith(` ${said}`) === true ? [] : [`${page}:${line}`];
    }),
  );
  expect(hidden).toEqual([]);
});

describe("pages", () => {
  for (const name of pageNames()) test(name, { timeout: PAGE_MS_MAX }, () => tryPage(name, undefined));
});

test.for([
  ["ts without marks", "```ts\nlet a;\n```", "nobody would try"],
  ["sh without marks", "```sh\nls\n```", "nobody would try"],
  ["an unknown mark", "```ts ignore\nlet a;\n```", "nobody would try"],
  ["an unknown language", "```js\nlet a;\n```", "nobody would try"],
  ["no language at all", "```\nls\n```", "nobody would try"],
  ["a block that is never closed", "```ts run=a.ts\nlet a;", "never closed"],
] as const)("%s is refused", ([, page, why]) => {
  expect(() => blocksOf(page).map(snippetOf)).toThrow(why);
});

describe("what is wrong is noticed", () => {
  const say = (text: string) => `process.stdout.write(${text});`;
  test.for([
    [
      "another output",
      `\`\`\`ts run=a.ts\n${say('"1"')}\n\`\`\`\n\`\`\`text output\n2\n\`\`\``,
      "line 4: the page shows",
    ],
    ["a failing program", "```ts run=a.ts\nthrow new Error('so');\n```", "line 1: ended with 1"],
    ["a failing command", "```sh run\nls; false; ls\n```", "line 1: ended with 1"],
    ["a wrong type", "```ts file=a.ts\nexport const a: number = 'b';\n```", "the compiler says\na.ts(1,14)"],
    [
      "a wrong type in what needs servers",
      "```ts run=a.ts real\nexport const a: number = 'b';\n```",
      "a.ts(1,14)",
    ],
    ["an unknown script", "```sh script\nnpm run nonsense\n```", 'no script "nonsense"'],
    ["another table", "```sql barrier=sqlite\ncreate table barrier (id);\n```", 'barrierTable("sqlite") is'],
    ["a port that is not exchanged", "```sh run\ncurl http://localhost:80/\n```", "port 80 is none"],
    ["a node that may not be ours", "```sh run\nA=1 node a.ts\n```", 'write "npx node"'],
    ["a kill of nothing", "```sh kill\npkill -9 -f 'lockstep serve'\n```", "nothing runs"],
    ["a kill of anything", "```sh kill\nkillall node\n```", "a page kills with"],
    ["an output of nothing", "```text output\n1\n```", "nothing before it"],
  ] as const)("%s", { timeout: PAGE_MS_MAX }, async ([, page, why]) => {
    await expect(trySnippets(snippetsIn(page), undefined)).rejects.toThrow(why);
  });
});
