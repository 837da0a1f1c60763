// Goal: the delay of a msg is read as dtm reads it, and everything else is refused with a sentence (protocol 5.4).
import { expect, test } from "vitest";
import { LockstepError } from "./error.ts";
import { parseMsgCustomData } from "./msg-custom-data.ts";

test.for([
  ["", 0],
  ["null", 0],
  ["{}", 0],
  ['{"delay":null}', 0],
  ['{"delay":10}', 10],
  ['{"Delay":10}', 10],
  ['{"DELAY":10,"mine":[1]}', 10],
  ['{"delay":1,"Delay":2}', 1],
] as const)("%s: %d s", ([text, delayS]) => {
  expect(parseMsgCustomData(text)).toEqual({ delayS });
});

test.for([
  ["my own text", "custom_data must be valid JSON."],
  ["[]", "custom_data must be a JSON object, but is an array."],
  ['{"delay":"10"}', "custom_data.delay must be a whole number"],
  ['{"delay":-1}', "custom_data.delay must be a whole number"],
  ['{"delay":0.5}', "custom_data.delay must be a whole number"],
] as const)("refuses %s", ([text, sentence]) => {
  const parse = () => parseMsgCustomData(text);
  expect(parse).toThrow(LockstepError);
  expect(parse).toThrow(sentence);
});
