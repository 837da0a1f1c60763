/**
 * A URL as people may see it: without its query and its fragment. A query may hold a token, and a reason, a list or an
 * error is read by more people than the service that the token is for.
 */
export function shownUrl(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
