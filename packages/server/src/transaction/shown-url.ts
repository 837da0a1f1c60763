/**
 * A URL without its query and its fragment, which may hold a token: reasons are shown to people and sent to callers.
 * `@lockstep/protocol` has the same for its callers; this folder imports nothing.
 */
export function shownUrl(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
