import { type BranchOutcome, unknownOutcome } from "./outcome.ts";
import { type ResultWord, withResultWord } from "./result-word.ts";

/** What an HTTP branch answered; `body` is the whole text. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpOutcomeOptions {
  /**
   * Any body that contains the word FAILURE or ONGOING counts as that result, as dtm has it. For branches that
   * rely on it; it also aborts a saga whose branch merely mentions the word. Default: off.
   */
  readonly legacyResults?: boolean;
}

const HTTP_CONFLICT = 409;
const HTTP_TOO_EARLY = 425;

/** Reads the answer of an HTTP branch: 2xx success, 409 failure, 425 ongoing, and the body's own `dtm_result`. */
export function outcomeOfHttp(answer: HttpAnswer, options: HttpOutcomeOptions = {}): BranchOutcome {
  const { status, body } = answer;
  const word = options.legacyResults === true ? wordIn(body) : dtmResultOf(body);
  // ONGOING goes first, as in dtm: an old branch may say 409 and ONGOING, and asking again harms nobody.
  if (status === HTTP_TOO_EARLY || word === "ONGOING") return { kind: "ongoing" };
  if (status === HTTP_CONFLICT || word === "FAILURE") {
    return { kind: "failure", reason: withResultWord(body, "FAILURE") };
  }
  if (status >= 200 && status < 300) return { kind: "success" };
  return unknownOutcome(`HTTP ${status}`, body);
}

function wordIn(body: string): ResultWord | undefined {
  if (body.includes("ONGOING")) return "ONGOING";
  return body.includes("FAILURE") ? "FAILURE" : undefined;
}

/** The top-level `dtm_result` of a JSON body: how branches for dtm before 1.10 answer. */
function dtmResultOf(body: string): ResultWord | undefined {
  // Most answers do not have it, and are not worth parsing.
  if (!body.includes('"dtm_result"')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined; // Not JSON, so nothing in it is a member.
  }
  if (typeof parsed !== "object" || parsed === null || !("dtm_result" in parsed)) return undefined;
  const result = parsed.dtm_result;
  return result === "FAILURE" || result === "ONGOING" ? result : undefined;
}
