import { expect, test } from "vitest";
import { coordinatorEnvOf } from "./coordinator-env.ts";

test("the coordinator is told what is its own, and no password of ours", () => {
  const env = {
    LOCKSTEP_RETRY_BASE_MS: "50",
    LOCKSTEP_TEST_MARIADB: "mysql://root:hidden@h",
    STORE_PASSWORD: "dtm's",
    PATH: "/bin",
  };
  expect(coordinatorEnvOf(env)).toEqual({ LOCKSTEP_RETRY_BASE_MS: "50" });
});
