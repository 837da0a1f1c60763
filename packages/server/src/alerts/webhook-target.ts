import { httpPlanOf } from "../branches/branch-plan.ts";

/** Where alerts are posted. */
export interface WebhookTarget {
  /** `http://host:port`. */
  readonly origin: string;
  /** The path and the query, which may hold a token. */
  readonly path: string;
  /** The host, which may be shown to people. */
  readonly host: string;
  /** The value of the header `authorization`, where the URL has an account. */
  readonly authorization?: string;
}

/**
 * Takes the URL of a webhook apart, or says why nothing can be posted to it, as the end of a sentence that never repeats
 * the URL. The addresses that are forbidden to branches are forbidden here, too. Unlike a branch's URL it may have an
 * account, because it comes from the configuration; dtm sends that account as Basic.
 */
export function webhookTargetOf(url: string): WebhookTarget | string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return "must be http(s)://host[:port]/path";
  const { username, password } = parsed;
  parsed.username = "";
  parsed.password = "";
  const plan = httpPlanOf(parsed.href);
  if (plan.kind === "problem") return plan.problem;
  const { origin, path, host } = plan.url;
  const account = username === "" && password === "" ? {} : { authorization: basicOf(username, password) };
  return { origin, path, host, ...account };
}

function basicOf(username: string, password: string): string {
  const account = [username, password].map(unescaped).join(":");
  return `Basic ${Buffer.from(account, "utf8").toString("base64")}`;
}

/** `URL` escapes what a URL may not have in it, and leaves a percent sign that escapes nothing. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
