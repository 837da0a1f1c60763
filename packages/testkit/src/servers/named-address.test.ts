// Goal: an address in the environment is read correctly, or refused by a sentence that shows no password.
import { afterEach, expect, test, vi } from "vitest";
import { namedAddress, withUri } from "./named-address.ts";

const VARIABLE = "LOCKSTEP_TEST_SOMETHING";
const FORM = {
  schemes: ["mysql:", "mariadb:"],
  portDefault: 3306,
  example: "mysql://root:secret@127.0.0.1:3306",
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test.for([
  ["mysql://u:p@db:3307", { host: "db", port: 3307, user: "u", password: "p" }],
  ["mysql://u:p@db", { host: "db", port: 3306, user: "u", password: "p" }],
  ["mariadb://db", { host: "db", port: 3306, user: "", password: "" }],
  ["mysql://me%40home:a%2Fb@db", { host: "db", port: 3306, user: "me@home", password: "a/b" }],
  ["mysql://u:p@[::1]:1", { host: "::1", port: 1, user: "u", password: "p" }],
] as const)("%s", ([text, address]) => {
  vi.stubEnv(VARIABLE, text);
  expect(namedAddress(VARIABLE, FORM)).toEqual({ ...address, url: text });
});

test.for([undefined, ""])("%j names nothing", (text) => {
  vi.stubEnv(VARIABLE, text);
  expect(namedAddress(VARIABLE, FORM)).toBeUndefined();
});

test.for(["postgres://u:s3cret@db", "u:s3cret@db:3306", "mysql://"])("%s is refused", (text) => {
  vi.stubEnv(VARIABLE, text);
  const refusal = expect(() => namedAddress(VARIABLE, FORM));
  refusal.toThrow(`${VARIABLE} is not an address of the form mysql://root:secret@127.0.0.1:3306.`);
});

test("a uri made of an address reads as that address", () => {
  const address = { host: "::1", port: 3307, user: "me@home", password: "a/b:c" };
  const uri = withUri("mysql:", address).uri("my db");
  expect(URL.parse(uri)?.pathname).toBe("/my%20db");
  vi.stubEnv(VARIABLE, uri);
  expect(namedAddress(VARIABLE, FORM)).toEqual({ ...address, url: uri });
});
