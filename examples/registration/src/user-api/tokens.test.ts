import { decodeJwt, SignJWT } from "jose";
import { expect, test } from "vitest";
import { Tokens } from "./tokens.ts";

const secret = "a secret of thirty-two bytes long";
const key = new TextEncoder().encode(secret);
const tokens = new Tokens({ secret, expireInS: 604_800 });

test("a token names its user, when it was made and when it ends", async () => {
  const token = await tokens.make({ id: 4_294_967_295, stamp: "s" });
  const { userId, stamp, iat = 0, exp = 0 } = decodeJwt(token);
  expect({ userId, stamp }).toEqual({ userId: 4_294_967_295, stamp: "s" });
  expect(exp - iat).toBe(604_800);
  expect(await tokens.userOf(token)).toEqual({ id: 4_294_967_295, stamp: "s" });
});

const sign = (claims: Record<string, unknown>, alg = "HS256"): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
const nowS = Math.floor(Date.now() / 1_000);

const nobodys: readonly [what: string, make: () => Promise<string>][] = [
  ["nothing", async () => ""],
  ["a word", async () => "abc"],
  [
    "another key's",
    () => new Tokens({ secret: secret.toUpperCase(), expireInS: 60 }).make({ id: 7, stamp: "" }),
  ],
  ["one that has expired", () => sign({ userId: 7, iat: nowS - 100, exp: nowS - 1 })],
  ["one that never expires", () => sign({ userId: 7, iat: nowS })],
  ["one without a user", () => sign({ iat: nowS, exp: nowS + 60 })],
  ["one with a word for a user", () => sign({ userId: "abc", iat: nowS, exp: nowS + 60 })],
  ["one with a number for a stamp", () => sign({ userId: 7, stamp: 1, iat: nowS, exp: nowS + 60 })],
  ["another algorithm's", () => sign({ userId: 7, iat: nowS, exp: nowS + 60 }, "HS512")],
];

test.for(nobodys)("%s is nobody's token", async ([, make]) => {
  expect(await tokens.userOf(await make())).toBeUndefined();
});

test("control: the same claims, signed as they should be, are somebody's", async () => {
  expect(await tokens.userOf(await sign({ userId: 7, iat: nowS, exp: nowS + 60 }))).toEqual({
    id: 7,
    stamp: "",
  });
});
