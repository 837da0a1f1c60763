/** Whether `count` is 1, 2, 4, …: who tells only then of something that repeats tells of it a few times, not each time. */
export function isPowerOfTwo(count: number): boolean {
  return count > 0 && Number.isInteger(Math.log2(count));
}
