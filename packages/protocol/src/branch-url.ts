/** Which op of which branch a call is about. */
export interface BranchUrlParameters {
  readonly branchId: string;
  readonly gid: string;
  readonly op: string;
  readonly transType: string;
}

/**
 * The URL of one HTTP branch call: the branch's own, and `branch_id`, `gid`, `op` and `trans_type` appended to
 * its query (protocol 4.2). The branch's own text is not touched: services sign and match it as it was given.
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

/** As Go's `url.QueryEscape` writes it, which is what branches written for dtm see. */
function queryEscaped(text: string): string {
  if (NOTHING_TO_ESCAPE.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
