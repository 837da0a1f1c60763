/** A transaction as the coordinator's query answers it; only what is told of it. */
export interface ToldTransaction {
  readonly gid: string;
  readonly status: string;
  /** Empty unless it is rolled back. */
  readonly reason: string;
  readonly ops: readonly {
    readonly branchId: string;
    readonly op: string;
    readonly url: string;
    readonly status: string;
  }[];
}

/** How a line looks. */
export interface LineStyle {
  readonly columns: number;
  readonly paint: (colour: "green" | "red" | "yellow", text: string) => string;
}

/** One line for people that tells how a transaction ended, or for what it waits. */
export function transactionLine(transaction: ToldTransaction, { columns, paint }: LineStyle): string {
  const { gid, status, reason, ops } = transaction;
  const tell = (colour: "green" | "red" | "yellow", mark: string, words: string): string =>
    paint(colour, shortened(`${mark} ${gid} ${words}`, columns));
  if (status === "succeed") return tell("green", "✓", methodsOf(ops, "action").join(", "));
  if (status === "failed") return tell("red", "✗", refusalIn(reason) ?? (reason || "rolled back"));
  const op = status === "aborting" ? "compensate" : "action";
  const waiting = ops.find((each) => each.op === op && each.status === "prepared");
  return tell("yellow", "…", `waits for ${waiting === undefined ? "its end" : methodOf(waiting.url)}`);
}

function methodsOf(ops: ToldTransaction["ops"], op: string): readonly string[] {
  return ops.filter((each) => each.op === op).map(({ url }) => methodOf(url));
}

/** The branch's own words in a coordinator's reason, which also has the URL. Undefined when no branch refused. */
function refusalIn(reason: string): string | undefined {
  return /^url:\S+ return failed: (.+?)(?: FAILURE)*$/s.exec(reason)?.[1];
}

/** The last part of the URL, without parameters. */
function methodOf(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^.*\//s, "");
}

function shortened(line: string, columns: number): string {
  const characters = [...line.replace(/\p{Cc}/gu, " ")];
  return characters.length <= columns ? characters.join("") : `${characters.slice(0, columns - 1).join("")}…`;
}
