/**
 * What the marks of a fenced block ask for. A block of code without marks, or with unknown marks, makes the test fail,
 * so that pages show no code that nobody tried.
 *
 * - "ts run=NAME" is type-checked, and run with node; "ts serve=NAME" goes on running until the page ends.
 * - "ts file=NAME", "proto file=NAME", "yaml file=NAME" are written to a file that the other blocks find.
 * - "sh run" is run; "sh start" ends everything that was started before, as Ctrl-C would, and goes on running; "sh
 *   script" calls npm scripts, which other tests run: here they must only exist.
 * - "sh kill" must be `pkill -9 -f COMMAND`; the test kills what the page started last, and nothing of anybody else.
 * - "sql barrier=DIALECT" must be the text of the SDK's `barrierTable`.
 * - "text output" must be the stdout of the block before it; "…" is any text, and a line of "…" is any lines.
 * - a last mark "real": only the test that has the database servers runs the block.
 *
 * "mermaid", "text" and "yaml" without marks are for reading.
 */
import type { Block } from "./page.ts";

export type Snippet = { readonly line: number; readonly text: string; readonly needsServers: boolean } & (
  | { readonly kind: "file" | "run" | "serve"; readonly name: string }
  | { readonly kind: "shell" | "start" | "kill" | "script" | "output" }
  | { readonly kind: "barrierTable"; readonly dialect: string }
);

const FOR_READING = new Set(["mermaid", "text", "yaml"]);

/** @throws Error for a block that nobody would try */
export function snippetOf({ language, marks, text, line }: Block): Snippet | undefined {
  const needsServers = marks.at(-1) === "real";
  const [mark = "", ...more] = needsServers ? marks.slice(0, -1) : marks;
  if (mark === "" && !needsServers && FOR_READING.has(language)) return undefined;
  const [verb = "", name = ""] = mark.split("=");
  const about = { line, text, needsServers };
  if (more.length === 0) {
    const asked = `${language} ${verb}`;
    if (name !== "" && (asked === "ts run" || asked === "ts serve")) {
      return { ...about, kind: verb === "run" ? "run" : "serve", name };
    }
    if (name !== "" && /^(ts|proto|yaml) file$/.test(asked)) return { ...about, kind: "file", name };
    if (name !== "" && asked === "sql barrier") return { ...about, kind: "barrierTable", dialect: name };
    if (name === "" && asked === "sh run") return { ...about, kind: "shell" };
    if (name === "" && asked === "sh start") return { ...about, kind: "start" };
    if (name === "" && asked === "sh kill") return { ...about, kind: "kill" };
    if (name === "" && asked === "sh script") return { ...about, kind: "script" };
    if (name === "" && asked === "text output") return { ...about, kind: "output" };
  }
  throw new Error(`line ${line}: nobody would try the block "${[language, ...marks].join(" ")}"`);
}
