import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type BarrierDialect, barrierTable } from "lockstep";
import { isShownBy } from "./output.ts";
import { blocksOf, REPOSITORY, textOfPage } from "./page.ts";
import { type Environment, Playground } from "./playground.ts";
import { Ports } from "./ports.ts";
import { type Snippet, snippetOf } from "./snippet.ts";

/** All blocks of a page that must be tried. @throws Error for a block that nobody would try */
export function snippetsOf(pageName: string): readonly Snippet[] {
  // `packages/server/src/config.test.ts` tests this page.
  if (pageName === "docs/configuration.md") return [];
  return snippetsIn(textOfPage(pageName));
}

/** The same for the text of a page. */
export function snippetsIn(page: string): readonly Snippet[] {
  return blocksOf(page).flatMap((block) => snippetOf(block) ?? []);
}

/**
 * Tries the snippets of a page in their order, as a reader who follows the whole page: at the top of the repository,
 * but commands on an example's page also find the folders of the example. `servers`: the environment that names the
 * database servers; undefined leaves out snippets that need them.
 * @throws Error that names the line
 */
export async function tryPage(pageName: string, servers: Environment | undefined): Promise<void> {
  const beside = pageName.startsWith("examples/") ? dirname(pageName) : undefined;
  await trySnippets(snippetsOf(pageName), servers, beside);
}

/** The same for the snippets of any text. */
export async function trySnippets(
  snippets: readonly Snippet[],
  servers: Environment | undefined,
  beside?: string,
): Promise<void> {
  const ports = await Ports.choose();
  await using playground = await Playground.open({ ...environmentOf(ports), ...servers }, beside);
  let written: string | undefined;
  for (const [index, snippet] of snippets.entries()) {
    const next = snippets[index + 1];
    const expected = next?.kind === "output" ? next.text : undefined;
    const isLeftOut = snippet.needsServers && servers === undefined;
    try {
      if (snippet.kind === "output") checkOutput(snippet.text, written);
      else written = await tryOne(snippet, { playground, ports, expected, isLeftOut });
    } catch (cause) {
      throw new Error(`line ${snippet.line}: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
  }
  if (snippets.some(({ kind }) => kind === "file" || kind === "run" || kind === "serve")) {
    const errors = await playground.typeErrors();
    if (errors !== "") throw new Error(`the compiler says\n${errors}`);
  }
}

function environmentOf(ports: Ports): Environment {
  return {
    HTTP_PORT: `${ports.of(36789)}`,
    GRPC_PORT: `${ports.of(36790)}`,
    COORDINATOR_HTTP_PORT: `${ports.of(36789)}`,
    COORDINATOR_GRPC_PORT: `${ports.of(36790)}`,
    USER_API_PORT: `${ports.of(8888)}`,
    USER_RPC_PORT: `${ports.of(8080)}`,
    SCORE_RPC_PORT: `${ports.of(8096)}`,
  };
}

interface Place {
  readonly playground: Playground;
  readonly ports: Ports;
  /** What the page shows as output. */
  readonly expected: string | undefined;
  readonly isLeftOut: boolean;
}

/** Answers the stdout of the snippet; undefined where nothing ran. */
async function tryOne(
  snippet: Snippet,
  { playground, ports, expected, isLeftOut }: Place,
): Promise<string | undefined> {
  const text = ports.used(snippet.text);
  if (snippet.kind === "shell" || snippet.kind === "start") checkNode(text);
  if (snippet.kind === "file" || snippet.kind === "run" || snippet.kind === "serve") {
    await playground.write(snippet.name, text);
  }
  if (isLeftOut) return LEFT_OUT;
  const shown = (stdout: string): string => ports.shown(stdout);
  const isReady = (stdout: string): boolean =>
    expected === undefined ? stdout.includes("\n") : isShownBy(expected, shown(stdout));
  switch (snippet.kind) {
    case "run":
      return shown(await playground.run("node", [snippet.name]));
    case "shell":
      return shown(await playground.run("bash", ["-euo", "pipefail", "-c", text]));
    case "serve":
      await playground.start("node", [snippet.name], isReady);
      return expected;
    case "start":
      await playground.stop();
      await playground.start("bash", ["-euo", "pipefail", "-c", inPlayground(text, playground)], isReady);
      return expected;
    case "kill":
      checkKill(text);
      await playground.kill();
      return undefined;
    case "script":
      checkScripts(text);
      return undefined;
    case "barrierTable":
      checkBarrierTable(snippet.dialect, text);
      return undefined;
    case "file":
    case "output":
      return undefined;
  }
}

/** Moves the data of the registration system out of the repository, where a reader may have data of their own. */
function inPlayground(text: string, { folder }: Playground): string {
  return text.replace(/^npm start$/m, `npm start -- --data '${folder}/registration'`);
}

/**
 * Refuses plain `node`: the reader's Node may be too old for TypeScript; `npx node` is the one that `npm ci` installs.
 */
function checkNode(text: string): void {
  if (/(?<!npx )\bnode +\S+\.ts\b/.test(text)) throw new Error('write "npx node", which runs ours');
}

/** Run as it is shown, it would end the coordinators of other tests as well. */
function checkKill(text: string): void {
  if (!/^pkill -9 -f '[\w -]+'\n$/.test(text)) throw new Error("a page kills with: pkill -9 -f 'COMMAND'");
}

/** Stands for the output of a block that did not run. Nothing is compared with it. */
const LEFT_OUT = "\0";

function checkOutput(shown: string, written: string | undefined): void {
  if (written === LEFT_OUT) return;
  if (written === undefined) throw new Error("there is nothing before it that writes anything");
  if (written !== shown && !isShownBy(shown, written)) {
    throw new Error(`the page shows\n${shown}\nbut it was\n${written}`);
  }
}

/** Checks that the npm scripts in a text such as `npm ci && npm test` exist. It does not run them. */
function checkScripts(text: string): void {
  const { scripts } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, "utf8")) as { scripts: object };
  for (const command of text.split(/\n|&&/).map((part) => part.replace(/#.*/, "").trim())) {
    if (command === "" || command === "npm ci") continue;
    const script = /^npm (?:run )?([\w:-]+)(?: -- .*)?$/.exec(command)?.[1];
    if (script === undefined) throw new Error(`"${command}" is no npm script`);
    if (!Object.hasOwn(scripts, script)) throw new Error(`package.json has no script "${script}"`);
  }
}

function checkBarrierTable(dialect: string, text: string): void {
  const statements = barrierTable(dialect as BarrierDialect).map((statement) => `${statement};\n`);
  if (text !== statements.join("")) throw new Error(`barrierTable("${dialect}") is\n${statements.join("")}`);
}
