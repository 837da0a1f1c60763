import { expect, test } from "vitest";
import type { Demonstration, Tried } from "./demonstration.ts";
import { screenOf } from "./screen.ts";
import type { System } from "./system.ts";

const system: System = {
  apiUrl: "http://127.0.0.1:65535",
  coordinatorUrl: "http://127.0.0.1:65534",
  targets: { coordinator: "c", userRpc: "u", scoreRpc: "s" },
  places: [
    { who: "user-api", where: "http://127.0.0.1:65535", what: "register" },
    { who: "", where: "grpc://127.0.0.1:65534", what: "the same" },
  ],
  isDataOurs: true,
  note: "A note.",
  stop: async () => undefined,
};

const id = 999_999_999;
const tried: Tried = {
  registered: {
    body: `{"id":${id},"name":"Demo ${id}","gender":"f"}`,
    status: 200,
    answer: '{"message":"success"}',
  },
  refused: {
    id,
    isUserLeft: false,
    body: `{"id":${id},"name":"Demo ${id}","gender":"m"}`,
    status: 409,
    answer: `{"message":"user ${id} has had the welcome score already","data":{"gid":"${"0".repeat(36)}"}}`,
  },
};
const went: Demonstration = { tried, free: { id, name: `Ann ${id}` } };

test("fits 80 columns with the longest ids and ports there are", () => {
  const lines = screenOf(system, went).split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines).toContain("  user-api  http://127.0.0.1:65535  register");
  expect(lines).toContain("            grpc://127.0.0.1:65534  the same");
  expect(lines).toContain("The coordinator rolled it back: no user is left.");
});

test("claims nothing that did not happen", () => {
  const slow = screenOf(system, {
    ...went,
    tried: { ...tried, refused: { ...tried.refused, status: 202, isUserLeft: true } },
  });
  expect(slow).toContain("409 was expected");
  expect(slow).toContain("The user is THERE.");
  expect(slow).not.toContain("rolled it back");
});

test("says that nothing was tried, where the data is not ours", () => {
  const shown = screenOf(system, { ...went, tried: undefined });
  expect(shown).toContain("Nobody was registered");
  expect(shown).not.toContain("Just tried");
  expect(shown.split("\n").filter((line) => line.length > 80)).toEqual([]);
});
