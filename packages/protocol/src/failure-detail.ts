/**
 * The code and the data with which a branch refuses, beside its text. Over HTTP they are members of the JSON body; over
 * gRPC they are JSON in the trailer `META_FAILURE`, because a status has only a text.
 */

/** How many bytes a code and its data may have together, as JSON. gRPC peers take 8 kB for all headers of an answer. */
export const FAILURE_DETAIL_BYTES_MAX = 2_048;

/** How many characters a code may have. */
const FAILURE_CODE_CHARACTERS_MAX = 100;

/** The code and the data of a refusal. */
export interface FailureDetail {
  /** The branch's own word for why it refuses. */
  readonly code?: string;
  /** What the caller needs to know beside the code: any JSON value. */
  readonly data?: unknown;
}

/**
 * The JSON of a code and its data. Data that is no JSON, or makes the text longer than `FAILURE_DETAIL_BYTES_MAX`, is
 * left out, and so is a code that is none; undefined when nothing is left.
 */
export function failureJsonOf({
  code,
  data,
}: {
  readonly code?: unknown;
  readonly data?: unknown;
}): string | undefined {
  const kept = isFailureCode(code) ? { code } : {};
  const whole = jsonOf({ ...kept, data });
  if (whole !== undefined && Buffer.byteLength(whole) <= FAILURE_DETAIL_BYTES_MAX) {
    return whole === "{}" ? undefined : whole;
  }
  return isFailureCode(code) ? JSON.stringify(kept) : undefined;
}

/** The code and the data in `json`; neither where `json` is none. */
export function parseFailureJson(json: string): FailureDetail {
  const { code, data } = membersOf(json);
  return { ...(isFailureCode(code) ? { code } : {}), ...(data === undefined ? {} : { data }) };
}

/**
 * The sentence in the body of a refusal: `message` or `error` of a JSON body, as frameworks and our own answers have it,
 * and else the body itself.
 */
export function failureMessageOf(body: string): string {
  const { message, error } = membersOf(body);
  const inner = typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  const said = [message, error, inner].find((text) => typeof text === "string" && text.trim() !== "");
  return (typeof said === "string" ? said : body).trim();
}

/** A number alone is no code: some frameworks write gRPC's number there. */
function isFailureCode(code: unknown): code is string {
  return typeof code === "string" && code.length <= FAILURE_CODE_CHARACTERS_MAX && !/^\d*$/.test(code);
}

function membersOf(json: string): Readonly<Record<string, unknown>> {
  if (!json.trimStart().startsWith("{")) return {};
  try {
    return JSON.parse(json) as Readonly<Record<string, unknown>>;
  } catch {
    return {}; // A page of HTML, or a text that was cut.
  }
}

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // A cycle, or a bigint.
  }
}
