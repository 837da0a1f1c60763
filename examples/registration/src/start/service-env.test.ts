import { expect, test } from "vitest";
import { coordinatorEnvOf, userApiEnvOf } from "./service-env.ts";

test("the coordinator is told what is its own, and no password of ours", () => {
  const env = {
    LOCKSTEP_RETRY_BASE_MS: "50",
    LOCKSTEP_TEST_MARIADB: "mysql://root:hidden@h",
    STORE_PASSWORD: "dtm's",
    PATH: "/bin",
  };
  expect(coordinatorEnvOf(env)).toEqual({ LOCKSTEP_RETRY_BASE_MS: "50" });
});

test("user-api is told its own, and a key that is drawn where none is given", () => {
  expect(userApiEnvOf({ AUTH_SECRET: "given", AUTH_EXPIRE_IN: "60", PATH: "/bin" })).toEqual({
    AUTH_SECRET: "given",
    AUTH_EXPIRE_IN: "60",
  });
  const [one, two] = [userApiEnvOf({}), userApiEnvOf({ AUTH_SECRET: "" })];
  expect(one["AUTH_SECRET"]).toMatch(/^[\da-f]{64}$/);
  expect(one["AUTH_SECRET"]).not.toBe(two["AUTH_SECRET"]);
});
