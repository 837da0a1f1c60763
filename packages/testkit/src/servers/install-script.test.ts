// Goal: an installation starts no service, and leaves policy-rc.d as it was, even if apt-get fails.
// Method: the real script under the real shell, with a policy file and an apt-get of its own in a temporary folder.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { INSTALL_SCRIPT } from "./install-script.ts";

const FORBIDS = 101;
const THEIRS = "#!/bin/sh\n# somebody's own policy\nexit 0\n";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-install-script-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the script; `apt` is the body of its apt-get, in which `$policy` is the answer of the policy. */
function install(options: { apt: string; installedAlready?: boolean }): {
  status: number | null;
  calls: string[];
} {
  const { apt, installedAlready = false } = options;
  const calls = join(folder, "calls");
  const executable = { mode: 0o755 };
  writeFileSync(
    join(folder, "apt-get"),
    `#!/bin/sh\npolicy=0; "${join(folder, "policy")}" || policy=$?\necho "$1 $policy" >>"${calls}"\n${apt}\n`,
    executable,
  );
  writeFileSync(
    join(folder, "dpkg-query"),
    `#!/bin/sh\n${installedAlready ? "printf installed" : "exit 1"}\n`,
    executable,
  );
  const { status } = spawnSync(
    "/bin/sh",
    ["-c", INSTALL_SCRIPT, "install", "some-server", join(folder, "policy")],
    {
      env: { PATH: `${folder}:${process.env["PATH"]}` },
    },
  );
  return { status, calls: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [] };
}

test("services are forbidden while apt-get runs, and the policy is gone afterwards", () => {
  expect(install({ apt: "exit 0" })).toEqual({ status: 0, calls: [`install ${FORBIDS}`] });
  expect(existsSync(join(folder, "policy"))).toBe(false);
});

test("a policy that allowed services forbids them meanwhile and is put back", () => {
  writeFileSync(join(folder, "policy"), THEIRS, { mode: 0o755 });
  expect(install({ apt: "exit 0" }).calls).toEqual([`install ${FORBIDS}`]);
  expect(readFileSync(join(folder, "policy"), "utf8")).toBe(THEIRS);
});

test("a policy that a killed run put aside is put back by the next", () => {
  writeFileSync(join(folder, "policy"), THEIRS, { mode: 0o755 });
  expect(install({ apt: "kill -9 $PPID" }).status).not.toBe(0);
  expect(readFileSync(join(folder, "policy"), "utf8")).not.toBe(THEIRS);

  expect(install({ apt: "exit 0" }).status).toBe(0);
  expect(readFileSync(join(folder, "policy"), "utf8")).toBe(THEIRS);
});

test("lists that are missing or old are fetched once, and the installation tried again", () => {
  const apt = `if [ "$1" = update ]; then touch "${"$"}{0%/*}/lists"; else [ -e "${"$"}{0%/*}/lists" ]; fi`;
  expect(install({ apt })).toEqual({
    status: 0,
    calls: [`install ${FORBIDS}`, `update ${FORBIDS}`, `install ${FORBIDS}`],
  });
});

test("an installation that fails is reported, and the policy is put back", () => {
  writeFileSync(join(folder, "policy"), THEIRS, { mode: 0o755 });
  expect(install({ apt: "exit 100" }).status).not.toBe(0);
  expect(readFileSync(join(folder, "policy"), "utf8")).toBe(THEIRS);
});

test("what another process installed meanwhile is not installed again", () => {
  expect(install({ apt: "exit 1", installedAlready: true })).toEqual({ status: 0, calls: [] });
});
