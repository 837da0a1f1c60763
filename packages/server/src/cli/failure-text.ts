import { LockstepError } from "@lockstep/protocol";
import { redactedText } from "../log/redaction.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** The text that the command prints when it fails, and its exit code. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/** A failure for people: one sentence, or one line for each problem; with the stack only if `showStack`. */
export function failureOf(thrown: unknown, options: { readonly showStack: boolean }): Failure {
  const code = thrown instanceof LockstepError ? thrown.code : undefined;
  // The message of such an error is a sentence for people already; any other message is for whoever looks for the bug.
  const isOurs = code !== undefined && code !== "internal";
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const exitCode = code === "invalid_argument" ? EXIT_CODES.wrongUsage : EXIT_CODES.failed;
  const lines = [isOurs ? sentenceOf(message) : `lockstep: internal failure: ${message || "no message"}`];
  if (options.showStack) lines.push(stackOf(thrown));
  else if (!isOurs) lines.push("(--log-level debug shows where)");
  return { text: `${redactedText(lines.filter((line) => line !== "").join("\n"))}\n`, exitCode };
}

function sentenceOf(message: string): string {
  const problems = message.split("\n");
  if (problems.length === 1) return `lockstep: ${message}`;
  return [`lockstep: ${problems.length} problems:`, ...problems.map((problem) => `  ${problem}`)].join("\n");
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const cause = stackOf(thrown.cause);
  return cause === "" ? (thrown.stack ?? "") : `${thrown.stack ?? ""}\ncaused by ${cause}`;
}
