import { failureMessageOf, parseFailureJson } from "./failure-detail.ts";
import { shownUrl } from "./shown-url.ts";

/** Why a transaction is rolled back, where a branch refused. */
export interface Refusal {
  /** The branch that refused: `01`, `02`, …; empty where the coordinator does not tell. */
  readonly branchId: string;
  /** The op that refused: `action`, …; empty where the coordinator does not tell. */
  readonly op: string;
  /** The URL that was called, without its query. */
  readonly url: string;
  /** The branch's sentence: what its `Failure` says. */
  readonly message: string;
  /** The whole answer of the branch, as text. A coordinator cuts a long one. */
  readonly body: string;
  /** The branch's own word for why it refuses, where it gave one. */
  readonly code?: string;
  /** What the branch told beside the code, where it did: any JSON value. */
  readonly data?: unknown;
}

/** dtm's words for a refusal: the URL, and the branch's answer with the word FAILURE behind it. */
const REFUSED = /^url:(.*?) return failed: (.*)$/s;

/** What a reason in dtm's words tells about the refusal; undefined for a reason that is no branch's. */
export function refusalOfReason(reason: string): Omit<Refusal, "branchId" | "op"> | undefined {
  const [, url, answer] = REFUSED.exec(reason) ?? [];
  if (url === undefined || answer === undefined) return undefined;
  const body = withoutResultWord(answer);
  return { url: shownUrl(url), message: failureMessageOf(body), body, ...parseFailureJson(body) };
}

/** The branch's own answer: every coordinator on its way may have put the word behind it. */
function withoutResultWord(answer: string): string {
  let body = answer.trimEnd();
  while (body.endsWith(RESULT_ENDING)) body = body.slice(0, -RESULT_ENDING.length).trimEnd();
  return body;
}

const RESULT_ENDING = " FAILURE";

/** A reason as people may see it: the URL in it is without its query. */
export function shownReason(reason: string): string {
  return reason.replace(
    REFUSED,
    (_, url: string, answer: string) => `url:${shownUrl(url)} return failed: ${answer}`,
  );
}
