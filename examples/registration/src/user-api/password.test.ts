import { expect, test } from "vitest";
import { HASHES_MAX } from "../limits.ts";
import { Passwords } from "./password.ts";

const passwords = new Passwords();

test("a password matches its own hash and no other, and a hash says nothing of it", async () => {
  const [one, two] = await Promise.all([passwords.hash("correct horse"), passwords.hash("correct horse")]);
  expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(one).not.toBe(two);
  const checks = [
    [passwords.matches("correct horse", one), true],
    [passwords.matches("correct horse ", one), false],
    [passwords.matches("", one), false],
  ] as const;
  for (const [check, matches] of checks) expect(await check).toBe(matches);
});

test("the same letters composed otherwise are the same password", async () => {
  expect(await passwords.matches("e\u0301", await passwords.hash("\u00e9"))).toBe(true);
});

test.for([
  "",
  "plain",
  "$scrypt$ln=15,r=8,p=3$$",
  // A hash with these costs would take gigabytes, so it is refused before it is computed.
  `$scrypt$ln=30,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`,
  `$scrypt$ln=15,r=99,p=1$${"A".repeat(22)}$${"A".repeat(43)}`,
])("the hash %j matches nothing", async (hash) => {
  expect(await passwords.matches("x", hash)).toBe(false);
});

test("P1: an unknown user costs as much as a wrong password", async () => {
  const hash = await passwords.hash("right");
  const cpuOf = async (hash: string): Promise<number> => {
    const before = process.cpuUsage();
    await passwords.matches("wrong", hash);
    return process.cpuUsage(before).user;
  };
  const wrong = await cpuOf(hash);
  const unknown = await cpuOf("");
  expect(unknown).toBeGreaterThan(wrong / 3);
  expect(unknown).toBeLessThan(wrong * 3);
});

test("P2: too many at once are asked to come back", async () => {
  const own = new Passwords();
  // A hash that is cheap to check, so that the test is quick.
  const cheap = `$scrypt$ln=1,r=1,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
  const some = Array.from({ length: HASHES_MAX }, () => own.matches("x", cheap));
  await expect(own.matches("x", cheap)).rejects.toMatchObject({ status: 503 });
  await Promise.all(some);
  expect(await own.matches("x", cheap)).toBe(false);
});
