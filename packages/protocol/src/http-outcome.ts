import { parseFailureJson } from "./failure-detail.ts";
import { type BranchOutcome, failureOutcome, unknownOutcome } from "./outcome.ts";
import { type ResultWord, withResultWord } from "./result-word.ts";

/** What an HTTP branch answered. */
export interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The whole body, as text. */
  readonly body: string;
}

/** How the answer of an HTTP branch is read. */
export interface HttpOutcomeOptions {
  /**
   * Whether a body that contains the word FAILURE or ONGOING anywhere counts as that result, as in dtm. It is for
   * branches that rely on this. A branch that merely mentions the word then rolls its saga back too. Default: false.
   */
  readonly legacyResults?: boolean;
}

const HTTP_CONFLICT = 409;
const HTTP_TOO_EARLY = 425;

/** Reads the answer of an HTTP branch: 2xx success, 409 failure, 425 ongoing, and the body's own `dtm_result`. */
export function outcomeOfHttp(answer: HttpAnswer, options: HttpOutcomeOptions = {}): BranchOutcome {
  const { status, body } = answer;
  const word = options.legacyResults === true ? wordIn(body) : dtmResultOf(body);
  // ONGOING goes first, as in dtm: an old branch may answer 409 with ONGOING, and to ask again harms nobody.
  if (status === HTTP_TOO_EARLY || word === "ONGOING") return { kind: "ongoing" };
  if (status === HTTP_CONFLICT || word === "FAILURE") {
    return failureOutcome(withResultWord(body, "FAILURE"), parseFailureJson(body));
  }
  if (status >= 200 && status < 300) return { kind: "success" };
  return unknownOutcome(`HTTP ${status}`, body);
}

function wordIn(body: string): ResultWord | undefined {
  if (body.includes("ONGOING")) return "ONGOING";
  return body.includes("FAILURE") ? "FAILURE" : undefined;
}

/** The top-level member `dtm_result` of a JSON body: branches for dtm before 1.10 answer so. */
function dtmResultOf(body: string): ResultWord | undefined {
  // Most answers do not have the member, and parsing them would be wasted.
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
