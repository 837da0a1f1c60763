/** A URL without its query and its fragment, which may hold a token: reasons are shown to people and sent to callers. */
export function shownUrl(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
