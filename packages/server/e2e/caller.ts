/** Someone who calls a coordinator over plain HTTP, as a test's hands and eyes. */

export interface CallerAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

export interface SagaAsked {
  readonly gid: string;
  /** The base URL of each step's branch. */
  readonly branches: readonly string[];
  readonly payload?: string;
  /** Other members of the request. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Seconds to wait for the result. Default: do not wait. */
  readonly waitS?: number;
}

/** Submits a saga. */
export async function submit(url: string, asked: SagaAsked): Promise<CallerAnswer> {
  const { gid, branches, payload = "{}", more = {}, waitS } = asked;
  const steps = branches.map((branch) => ({
    action: `${branch}/action`,
    compensate: `${branch}/compensate`,
  }));
  const payloads = steps.map(() => payload);
  const body = { gid, trans_type: "saga", wait_result: waitS !== undefined, steps, payloads, ...more };
  const headers: Record<string, string> = waitS === undefined ? {} : { prefer: `wait=${waitS}` };
  const response = await fetch(`${url}/api/dtmsvr/submit`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** The status of a transaction; undefined where there is none. */
export async function statusOf(url: string, gid: string): Promise<string | undefined> {
  const response = await fetch(`${url}/api/dtmsvr/query?gid=${gid}`);
  const { transaction } = (await response.json()) as { transaction: { status: string } | null };
  return transaction?.status;
}

/** How many of `gids` have each status. */
export async function countsOf(url: string, gids: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const gid of gids) {
    const status = (await statusOf(url, gid)) ?? "unknown";
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
