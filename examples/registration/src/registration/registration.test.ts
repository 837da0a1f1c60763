import { expect, test } from "vitest";
import { REFUSALS, refusalForPeople } from "./refusals.ts";
import { parseGivenUserId, parseUserId } from "./user-id.ts";
import { parseGender, parseName } from "./user-text.ts";

test.for([
  [7, 7],
  ["7", 7],
  [4_294_967_295, 4_294_967_295],
  ["4294967295", 4_294_967_295],
  [4_294_967_296, undefined],
  ["4294967296", undefined],
  [0, undefined],
  [-1, undefined],
  [1.5, undefined],
  [Number.NaN, undefined],
  ["", undefined],
  ["abc", undefined],
  ["7abc", undefined],
  ["007", undefined],
  ["0x7", undefined],
  [" 7", undefined],
  ["7\n", undefined],
  [true, undefined],
  [null, undefined],
  [undefined, undefined],
  [[7], undefined],
] as const)("the id in %j is %s", ([value, id]) => {
  expect(parseUserId(value)).toBe(id);
});

test.for([
  [2_147_483_647, 2_147_483_647],
  ["2147483648", undefined],
  ["x", undefined],
] as const)("the id that somebody chose in %j is %s", ([value, id]) => {
  expect(parseGivenUserId(value)).toBe(id);
});

test.for([
  ["Ann", "Ann"],
  ["  Ann ", "Ann"],
  ["e\u0301va", "\u00e9va"],
  ["👩‍👩‍👧".repeat(51), "👩‍👩‍👧".repeat(51)],
  ["a".repeat(255), "a".repeat(255)],
  ["a".repeat(256), undefined],
  ["", undefined],
  ["   ", undefined],
  ["a\u0000b", undefined],
  ["a\nb", undefined],
  ["a\u2028b", undefined],
  ["\ud800", undefined],
  ["👩‍👩‍👧 Ann ❤️", "👩‍👩‍👧 Ann ❤️"],
  ["Zoë O’Neil-Łuk, 3.", "Zoë O’Neil-Łuk, 3."],
  ["안나", "안나"],
  ["अन्ना", "अन्ना"],
  ["\u200b", undefined],
  ["A\u200bnn", undefined],
  ["A\u200dnn", undefined],
  ["Ann\ufe0f", undefined],
  ["abc\u202edef", undefined],
  ["\u3164", undefined],
  ["Ann\u115f", undefined],
  ["A\u00adnn", undefined],
  ["Ann\ufeff", "Ann"],
  ["A\ufeffnn", undefined],
  ["Ann\u{e0041}", undefined],
  ["🏴\u{e0041}", undefined],
  ["Ann\uffff", undefined],
  ["\u2800", undefined],
  ["\u0301", undefined],
  ["Ann\u2800", undefined],
  [7, undefined],
  [null, undefined],
] as const)("the name in %j is %j", ([value, name]) => {
  expect(parseName(value)).toBe(name);
});

test("a gender may be empty, a name may not", () => {
  expect(parseGender("")).toBe("");
  expect(parseGender(" f ")).toBe("f");
  expect(parseGender("a".repeat(256))).toBeUndefined();
  expect(parseGender(undefined)).toBeUndefined();
});

test("a refusal names whom it is about", () => {
  expect(REFUSALS.hasScore(7n)).toBe("user 7 has had the welcome score already");
});

test.for([
  [REFUSALS.idTaken(7), REFUSALS.idTaken(7)],
  [REFUSALS.nameTaken, REFUSALS.nameTaken],
  [REFUSALS.hasScore(7n), REFUSALS.hasScore(7n)],
  [REFUSALS.userUnstorable, REFUSALS.userUnstorable],
  [REFUSALS.scoreUnstorable, REFUSALS.scoreUnstorable],
  ["id must be a whole number", "id must be a whole number"],
  // Of the Go services, by MySQL and by MariaDB, and by both versions of the driver.
  ["Error 1062 (23000): Duplicate entry '7' for key 'PRIMARY'", "the id 7 is taken"],
  ["Error 1062: Duplicate entry '7' for key 'user.PRIMARY'", "the id 7 is taken"],
  ["Error 1062 (23000): Duplicate entry 'Ann' for key 'user.user_name'", "the name is taken"],
  ["Error 1062 (23000): Duplicate entry 'x for key 'PRIMARY'' for key 'user_name'", "the name is taken"],
  [
    "Error 1062 (23000): Duplicate entry '7' for key 'user_score_user_id'",
    "user 7 has had the welcome score already",
  ],
  ["Error 1062 (23000): Duplicate entry 'x' for key 'another'", undefined],
  [
    "Error 1366 (HY000): Incorrect string value: '\\xF0\\x9F' for column 'name' at row 1",
    REFUSALS.userUnstorable,
  ],
  ["Error 1406 (22001): Data too long for column 'name' at row 1", REFUSALS.userUnstorable],
  ["Error 1205 (HY000): Lock wait timeout exceeded; try restarting transaction", undefined],
  ["dial tcp 10.0.0.7:3306: connect: connection refused", undefined],
  ["the id 7 is taken by root@10.0.0.7", undefined],
  ["", undefined],
] as const)("%j is %j for people", ([words, says]) => {
  expect(refusalForPeople(words, { id: 7 })).toBe(says);
});
