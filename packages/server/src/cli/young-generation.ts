/** V8 lets a semi-space grow to 32 MB by itself. The young generation has two. */
export const SEMI_SPACE_MB_MAX = 16;

/**
 * Starts this process anew, with the same id, arguments and pipes, where V8's young generation is not limited yet:
 * V8 reads that limit only at its own start. Returns where it is limited, and where a process cannot be replaced.
 *
 * What a coordinator makes lives for as long as its branches take to answer; a larger young generation keeps more
 * garbage for longer and saves nothing. Measured with 64 callers: 16 MB takes 180 MB of memory in all, 32 MB 213
 * MB, with the same CPU a saga; with 4 MB transactions in flight are taken for old, and it is 221 MB. Who gives
 * `--max-semi-space-size` or a related flag, as an argument or in NODE_OPTIONS, has it as given.
 */
export function limitYoungGeneration(): void {
  const { execArgv, execPath, argv, env, platform } = process;
  const isGiven = /semi[-_]space/.test([...execArgv, env["NODE_OPTIONS"]].join(" "));
  if (isGiven || platform === "win32") return;
  const flag = `--max-semi-space-size=${SEMI_SPACE_MB_MAX}`;
  process.execve?.(execPath, [execPath, flag, ...execArgv, ...argv.slice(1)]);
}
