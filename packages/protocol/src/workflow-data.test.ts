// Goal: a call-back over gRPC has the input in the message that dtm's clients decode (protocol 2.5).
import { expect, test } from "vitest";
import { encodeWorkflowData } from "./workflow-data.ts";

test("the input is field 1, as bytes", () => {
  expect([...encodeWorkflowData(new Uint8Array([7, 0, 255]))]).toEqual([0x0a, 3, 7, 0, 255]);
});

test("a long input has a length of two bytes", () => {
  const message = encodeWorkflowData(new Uint8Array(200));
  expect([...message.subarray(0, 3)]).toEqual([0x0a, 0xc8, 0x01]);
  expect(message).toHaveLength(203);
});

test("no input is an empty message", () => {
  expect(encodeWorkflowData(new Uint8Array())).toHaveLength(0);
});
