import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinary } from "./find-binary.ts";
import { INSTALL_SCRIPT } from "./install-script.ts";

/** A server or a tool that is needed on the machine. */
export interface Requirement {
  /** Its name for people, as in "MariaDB". */
  readonly name: string;
  /** Names of its binary, the preferred one first. */
  readonly binaries: readonly string[];
  /** Debian's package that brings the binary. */
  readonly debianPackage: string;
  /** How people name a server that they have. Default: they cannot. */
  readonly named?: {
    readonly variable: string;
    /** A value of the variable. */
    readonly example: string;
    /** The command for a container with the server, for people who have docker. */
    readonly container?: string;
  };
}

/** The value `0` of this variable forbids all installations. */
export const INSTALL_VARIABLE = "LOCKSTEP_TEST_INSTALL";
/** An installation takes seconds, but several processes may wait for each other, and a mirror may be slow. */
const LOCK_WAIT_S_MAX = 600;
const APT_LINES_SHOWN = 15;

const POLICY_PATH = "/usr/sbin/policy-rc.d";
/** A folder that only root can lock, so the lock needs no file of its own; dpkg uses other locks. */
const LOCKED_FOLDER = "/var/lib/dpkg";

/**
 * The full path of the binary: found on the machine, else installed with apt-get, else an error that says what to do.
 */
export async function provide(requirement: Requirement): Promise<string> {
  const found = findBinary(requirement.binaries);
  if (found !== undefined) return found;

  const obstacle = obstacleToInstalling();
  if (obstacle !== undefined) throw new Error(explain(requirement, obstacle));
  await install(requirement);

  const installed = findBinary(requirement.binaries);
  if (installed !== undefined) return installed;
  throw new Error(
    explain(requirement, `apt-get installed ${requirement.debianPackage}, which brought no such binary`),
  );
}

/** Why this process cannot install, as the end of a sentence; `undefined` when it can. */
function obstacleToInstalling(): string | undefined {
  if (process.env[INSTALL_VARIABLE] === "0") return `${INSTALL_VARIABLE}=0 forbids to install it`;
  if (process.getuid?.() !== 0) return "only root could install it";
  const missing = ["apt-get", "flock"].find((tool) => findBinary([tool]) === undefined);
  return missing === undefined ? undefined : `there is no ${missing} to install it with`;
}

/** A text that says what is missing, why it could not be installed, and what to do. */
function explain(requirement: Requirement, obstacle: string): string {
  const { name, binaries, debianPackage, named } = requirement;
  return [
    `${name} is needed and not on this machine (looked for ${binaries.join(", ")}), and ${obstacle}.`,
    named === undefined ? "The way out:" : "Ways out, any one will do:",
    `  - install it: on Debian and Ubuntu, sudo apt-get install ${debianPackage}`,
    ...(named === undefined ? [] : waysByName(named)),
  ].join("\n");
}

function waysByName({ variable, example, container }: NonNullable<Requirement["named"]>): readonly string[] {
  const naming = `${variable}=${example}`;
  return [
    `  - name one that you have: ${naming}`,
    ...(container === undefined ? [] : [`  - with docker: ${container}`, `    and then ${naming}`]),
  ];
}

async function install(requirement: Requirement): Promise<void> {
  const { name, binaries, debianPackage } = requirement;
  process.stderr.write(
    `lockstep: installing ${debianPackage} with apt-get, because ${name} is needed and there is no ` +
      `${binaries.join(" or ")} on this machine (${INSTALL_VARIABLE}=0 forbids it)\n`,
  );
  const startedAt = performance.now();
  const { failed, output } = await runUnderLock(debianPackage);
  if (failed) {
    const lines = output.trimEnd().split("\n").slice(-APT_LINES_SHOWN).join("\n");
    throw new Error(
      `${explain(requirement, `apt-get could not install ${debianPackage}`)}\napt-get said:\n${lines}`,
    );
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stderr.write(`lockstep: installed ${debianPackage} in ${seconds} s\n`);
}

/** Runs detached, with its output in a file: neither Ctrl-C nor the end of this process may interrupt dpkg. */
async function runUnderLock(debianPackage: string): Promise<{ failed: boolean; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-install-"));
  try {
    const path = join(folder, "log");
    await using log = await open(path, "a");
    const flockArgs = ["--timeout", `${LOCK_WAIT_S_MAX}`, LOCKED_FOLDER];
    const child = spawn(
      "flock",
      [...flockArgs, "sh", "-c", INSTALL_SCRIPT, "lockstep-install", debianPackage, POLICY_PATH],
      {
        cwd: "/",
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    const failed = await new Promise<boolean>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code !== 0));
    });
    return { failed, output: await readFile(path, "utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
