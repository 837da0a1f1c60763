import { readFile } from "node:fs/promises";

/** The unit that Linux shows CPU time in: a hundredth of a second. */
const TICKS_PER_S = 100;
/** Where `utime` and `stime` stand, counted from the field after the name: see proc_pid_stat(5). */
const UTIME_AT = 11;
const STIME_AT = 12;

/** The seconds of CPU that a process has used so far in all its threads, its own and the kernel's for it. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name may have spaces and brackets of its own.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[UTIME_AT]) + Number(fields[STIME_AT])) / TICKS_PER_S;
}
