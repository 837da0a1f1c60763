// Goal: stored settings that are not a saga's are noticed when they are read, and all that are a saga's pass.
import { expect, test } from "vitest";
import type { ModeSettings } from "../model.ts";
import { isSagaSettings, sagaSettingsOf } from "./settings.ts";

test.for<[string, ModeSettings]>([
  ["no orders", { orders: {} }],
  ["the last step after the first", { orders: { 2: [0] } }],
  ["a step after two others", { orders: { 0: [1, 2] } }],
  ["a step that waits for nothing", { orders: { 1: [] } }],
  ["an entry that a later version added", { orders: {}, priority: 3 }],
])("of a saga of three steps: %s", ([, settings]) => {
  expect(isSagaSettings(settings, 3)).toBe(true);
  expect(sagaSettingsOf(settings)).toBe(settings);
});

test.for<[string, ModeSettings]>([
  ["without orders", {}],
  ["orders that are null", { orders: null }],
  ["orders that are a list", { orders: [] }],
  ["orders that are a text", { orders: "" }],
  ["a key that is one too large", { orders: { 3: [0] } }],
  ["a key that is negative", { orders: { "-1": [0] } }],
  ["a key that is no whole number", { orders: { "1.5": [0] } }],
  ["a key that is a word", { orders: { first: [0] } }],
  ["one number instead of a list", { orders: { 1: 0 } }],
  ["an earlier step that is one too large", { orders: { 1: [3] } }],
  ["an earlier step that is negative", { orders: { 1: [-1] } }],
  ["an earlier step that is no whole number", { orders: { 1: [0.5] } }],
  ["an earlier step that is a text", { orders: { 1: ["0"] } }],
  ["one bad earlier step behind a good one", { orders: { 1: [0, 9] } }],
  ["one bad key behind a good one", { orders: { 1: [0], 9: [0] } }],
])("not of a saga of three steps: %s", ([, settings]) => {
  expect(isSagaSettings(settings, 3)).toBe(false);
});

test("a saga without steps has no orders", () => {
  expect(isSagaSettings({ orders: {} }, 0)).toBe(true);
  expect(isSagaSettings({ orders: { 0: [] } }, 0)).toBe(false);
});
