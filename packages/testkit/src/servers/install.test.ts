// Goal: a binary on the machine is used as it is; if it is missing and may not be installed, an error says what to do.
import { afterEach, expect, test, vi } from "vitest";
import { INSTALL_VARIABLE, provide } from "./install.ts";

const MISSING = {
  name: "Nosuch",
  binaries: ["nosuchd", "nosuch-server"],
  debianPackage: "nosuch-server-core",
  named: {
    variable: "LOCKSTEP_TEST_NOSUCH",
    example: "nosuch://127.0.0.1:1",
    container: "docker run -d -p 1:1 nosuch",
  },
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a binary that is there is used, even where nothing may be installed", async () => {
  vi.stubEnv(INSTALL_VARIABLE, "0");
  expect(await provide({ ...MISSING, binaries: ["nosuchd", "sh"] })).toMatch(/\/sh$/);
});

test("a missing binary is explained, with every way out", async () => {
  vi.stubEnv(INSTALL_VARIABLE, "0");
  const refusal = await provide(MISSING).catch((error: Error) => error.message);
  expect(refusal).toBe(
    [
      "Nosuch is needed and not on this machine (looked for nosuchd, nosuch-server), " +
        "and LOCKSTEP_TEST_INSTALL=0 forbids to install it.",
      "Ways out, any one will do:",
      "  - install it: on Debian and Ubuntu, sudo apt-get install nosuch-server-core",
      "  - name one that you have: LOCKSTEP_TEST_NOSUCH=nosuch://127.0.0.1:1",
      "  - with docker: docker run -d -p 1:1 nosuch",
      "    and then LOCKSTEP_TEST_NOSUCH=nosuch://127.0.0.1:1",
    ].join("\n"),
  );
});

test("of a tool that nobody can name the one way out is said", async () => {
  vi.stubEnv(INSTALL_VARIABLE, "0");
  const { named: _, ...tool } = MISSING;
  const refusal = await provide(tool).catch((error: Error) => error.message);
  expect(refusal).toMatch(/The way out:\n {2}- install it: .* nosuch-server-core$/);
});
