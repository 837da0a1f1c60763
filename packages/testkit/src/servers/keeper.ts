import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends the server and removes its folder when our end of the pipe closes. The kernel closes it however this process
 * dies, even by SIGKILL; therefore this is a shell and not an exit handler. The server gets `$2` first, and KILL in any
 * case.
 */
const KEEPER_SCRIPT = `
folder=$1 signal=$2 pid=
while read -r word value; do
  case $word in
    pid) pid=$value ;;
    dismiss) exit 0 ;;
  esac
done
if [ -n "$pid" ]; then
  kill -s "$signal" -- "-$pid"
  turns=0
  # A container may have nobody to reap orphans: a zombie is as good as gone.
  while kill -0 "$pid" && ! grep -q '^State:.*Z' "/proc/$pid/status" && [ "$turns" -lt 30 ]; do
    sleep 0.1
    turns=$((turns + 1))
  done
  kill -s KILL -- "-$pid"
fi
rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }
`;

/** A small process that ends our server and removes its folder when this process dies without stopping the server. */
export class Keeper {
  readonly #shell: ChildProcess;

  /** When this process is gone, the watched process group (if any) gets `signal`, and `folder` is removed. */
  constructor(folder: string, signal: "QUIT" | "KILL" = "KILL") {
    // Detached, so that Ctrl-C in the terminal reaches only this process, which then ends the others.
    this.#shell = spawn("/bin/sh", ["-c", KEEPER_SCRIPT, "lockstep-keeper", folder, signal], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Without a keeper everything works, but nothing cleans up after a crash of this process.
    this.#shell.on("error", () => {});
    this.#shell.stdin?.on("error", () => {});
    this.#shell.unref();
    const pipe = this.#shell.stdin;
    if (pipe !== null && "unref" in pipe && typeof pipe.unref === "function") pipe.unref();
  }

  /** Names the process group to end with this process; `undefined` when the server is down. */
  watch(pid: number | undefined): void {
    this.#shell.stdin?.write(`pid ${pid ?? ""}\n`);
  }

  /** Ends the keeper when everything is removed already. */
  dismiss(): void {
    this.#shell.stdin?.end("dismiss\n");
  }
}
