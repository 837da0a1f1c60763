/** Which op of which branch a call is about. */
export interface BranchUrlParameters {
  /** The branch: `01`, `02`, … */
  readonly branchId: string;
  /** The global transaction. */
  readonly gid: string;
  /** The op: `action`, `compensate`, … */
  readonly op: string;
  /** The mode: `saga`, … */
  readonly transType: string;
}

/**
 * The URL of one HTTP branch call: the branch's own URL with `branch_id`, `gid`, `op` and `trans_type` appended to its
 * query (protocol 4.2). The branch's own text stays as it was given, because services sign it and match it.
 */
export function branchUrlOf(url: string, parameters: BranchUrlParameters): string {
  const { branchId, gid, op, transType } = parameters;
  const own =
    `branch_id=${queryEscaped(branchId)}&gid=${queryEscaped(gid)}` +
    `&op=${queryEscaped(op)}&trans_type=${queryEscaped(transType)}`;
  const hash = url.indexOf("#");
  const address = hash === -1 ? url : url.slice(0, hash);
  const fragment = hash === -1 ? "" : url.slice(hash);
  return address + separatorAfter(address) + own + fragment;
}

function separatorAfter(address: string): "?" | "&" | "" {
  const mark = address.indexOf("?");
  if (mark === -1) return "?";
  return mark === address.length - 1 ? "" : "&";
}

const NOTHING_TO_ESCAPE = /^[A-Za-z0-9_.~-]*$/;

/** Escapes as Go's `url.QueryEscape` does, because branches that were written for dtm see its escapes. */
function queryEscaped(text: string): string {
  if (NOTHING_TO_ESCAPE.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
