/** What a memoized function may keep. */
export interface MemoizedLimits {
  /** So many results; when there would be one more, all are forgotten. */
  readonly countMax: number;
  /** An argument that is longer is read anew each time, so that nobody can fill the memory with such arguments. */
  readonly argumentCharactersMax: number;
}

/** `read` with a memory for its results. `read` must be pure: the same text gives the same result. */
export function memoized<Result extends object | string>(
  read: (text: string) => Result,
  { countMax, argumentCharactersMax }: MemoizedLimits,
): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = read(text);
    if (text.length > argumentCharactersMax) return result;
    if (results.size >= countMax) results.clear();
    results.set(text, result);
    return result;
  };
}
