/** The gid without line breaks and semicolons: dtm takes them out over HTTP, and clients that build a gid of other texts rely on that. */
export function strippedGid(gid: string): string {
  return /[\n\r;]/.test(gid) ? gid.replace(/[\n\r;]/g, "") : gid;
}
