import type { Demonstration, Exchange, Tried } from "./demonstration.ts";
import type { Place, System } from "./system.ts";

/** The screen when the system is ready, with at most 80 columns, so that people can read and copy it anywhere. */
export function screenOf(system: System, { tried, free }: Demonstration): string {
  const { apiUrl, coordinatorUrl, places, note } = system;
  return [
    "",
    ...tableOf(places),
    "",
    note,
    "",
    ...(tried === undefined ? NOTHING_TRIED : triedLines(tried)),
    "",
    "Now you. Register somebody, with a password:",
    ...curlLines(`${apiUrl}/register`, { ...free, password: "your own" }),
    "Log in, and get that user:",
    `  token=$(curl -s ${apiUrl}/login \\`,
    "    -H 'content-type: application/json' \\",
    `    -d '${JSON.stringify({ username: free.name, password: "your own" })}' \\`,
    '    | sed \'s/.*"token":"//; s/".*//\')',
    `  curl ${apiUrl}/user/get/${free.id} \\`,
    `    -H "authorization: Bearer $token"`,
    "This one must fail, and be rolled back:",
    ...curlLines(
      `${apiUrl}/register`,
      tried === undefined
        ? { id: free.id, name: `Not ${free.name}` }
        : { id: tried.refused.id, name: `Bob ${tried.refused.id}` },
    ),
    "What the coordinator has stored:",
    `  curl ${coordinatorUrl}/api/dtmsvr/all`,
    "",
    "Each transaction is told here in one line.",
    "Ready. Ctrl-C stops.",
    "",
  ].join("\n");
}

const NOTHING_TRIED = ["Nobody was registered to show how it goes: these servers are yours."];

function triedLines({ registered, refused }: Tried): readonly string[] {
  return [
    "Just tried, through these doors: a registration that succeeds,",
    ...exchangeLines(registered),
    ...surprise(registered, 200),
    `and one that fails in score-rpc, where ${refused.id} has a score already:`,
    ...exchangeLines(refused),
    ...surprise(refused, 409),
    ...(refused.status === 409 && !refused.isUserLeft
      ? ["The coordinator rolled it back: no user is left."]
      : [`The user is ${refused.isUserLeft ? "THERE" : "not there"}.`]),
  ];
}

function tableOf(places: readonly Place[]): readonly string[] {
  const width = (column: "who" | "where"): number => Math.max(...places.map((place) => place[column].length));
  return places.map(({ who, where, what }) =>
    `  ${who.padEnd(width("who"))}  ${where.padEnd(width("where"))}  ${what}`.trimEnd(),
  );
}

function exchangeLines({ body, status, answer }: Exchange): readonly string[] {
  return [`  POST /register ${body}`, ...folded(`  ${status} ${answer}`)];
}

function curlLines(url: string, body: object): readonly string[] {
  return [`  curl ${url} -H 'content-type: application/json' \\`, `    -d '${JSON.stringify(body)}'`];
}

/** A note for an unexpected status: the screen shows what really happened, which may differ on a slow machine. */
function surprise({ status }: Exchange, expected: number): readonly string[] {
  return status === expected ? [] : [`  (${expected} was expected; a log on stderr may say why)`];
}

const COLUMNS = 80;

function folded(line: string): readonly string[] {
  if (line.length <= COLUMNS) return [line];
  const end = line.lastIndexOf(",", COLUMNS - 1) + 1 || COLUMNS;
  return [line.slice(0, end), ...folded(`      ${line.slice(end)}`)];
}
