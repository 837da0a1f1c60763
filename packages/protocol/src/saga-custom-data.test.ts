import fc from "fast-check";
import { expect, test } from "vitest";
import { LockstepError } from "./error.ts";
import { parseSagaCustomData, sagaCustomDataOf } from "./saga-custom-data.ts";

const ONE_AFTER_THE_OTHER = { concurrent: false, orders: {} };

test.for([
  ["", ONE_AFTER_THE_OTHER],
  ["null", ONE_AFTER_THE_OTHER],
  ["{}", ONE_AFTER_THE_OTHER],
  ['{"concurrent":null,"orders":null}', ONE_AFTER_THE_OTHER],
  ['{"mine":[1],"also":{"__proto__":1}}', ONE_AFTER_THE_OTHER],
  ['{"concurrent":true,"orders":{"1":[0]}}', { concurrent: true, orders: { 1: [0] } }],
  ['{"orders":{"0":[1,2]}}', { concurrent: false, orders: { 0: [1, 2] } }],
  ['{"orders":{"3":null},"concurrent":true}', { concurrent: true, orders: { 3: [] } }],
  ['{"Orders":{"2":[1]},"CONCURRENT":true}', { concurrent: true, orders: { 2: [1] } }],
  ['{"concurrent":false,"Concurrent":true}', ONE_AFTER_THE_OTHER],
  ['{"concurrent":false,"concurrent":true}', { concurrent: true, orders: {} }],
  ['{"__proto__":{"concurrent":true}}', ONE_AFTER_THE_OTHER],
] as const)("%s", ([text, wanted]) => {
  expect(parseSagaCustomData(text)).toEqual(wanted);
});

test.for([
  ["{", "custom_data must be valid JSON."],
  [" ", "custom_data must be valid JSON."],
  ["{} x", "custom_data must be valid JSON."],
  ["my own text", "custom_data must be valid JSON."],
  ["[]", "custom_data must be a JSON object, but is an array."],
  ["7", "custom_data must be a JSON object, but is the number 7."],
  ['{"concurrent":1}', "custom_data.concurrent must be true or false, but is the number 1."],
  ['{"orders":[[0]]}', "custom_data.orders must be a JSON object, but is an array."],
  ['{"orders":{"1":0}}', "custom_data.orders.1 must be an array, but is the number 0."],
  ['{"orders":{"1":["0"]}}', "custom_data.orders.1[0] must be a whole number"],
  ['{"orders":{"1":[0,-1]}}', "custom_data.orders.1[1] must be a whole number"],
  ['{"orders":{"1":[0.5]}}', "custom_data.orders.1[0] must be a whole number"],
  ['{"orders":{"1":[null]}}', "custom_data.orders.1[0] must be the index of a step"],
  ['{"orders":{"one":[0]}}', 'must be the index of a step, counted from 0, but is the string "one".'],
  ['{"orders":{"one":[0]}}', "A key of custom_data.orders must be"],
  ['{"orders":{"01":[0]}}', 'but is the string "01".'],
  ['{"orders":{"-1":[0]}}', 'but is the string "-1".'],
  ['{"orders":{"":[0]}}', 'but is the string "".'],
  ['{"orders":{"__proto__":[0]}}', 'but is the string "__proto__".'],
  ['{"orders":{"99999999999999999999":[0]}}', "must be the index of a step"],
] as const)("%s is refused: %s", ([text, sentence]) => {
  expect(() => parseSagaCustomData(text)).toThrow(LockstepError);
  expect(() => parseSagaCustomData(text)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  expect(() => parseSagaCustomData(text)).toThrow(sentence);
});

test("nothing to say is the empty text", () => {
  expect(sagaCustomDataOf(ONE_AFTER_THE_OTHER)).toBe("");
});

test("what is written is what dtm's clients write", () => {
  expect(sagaCustomDataOf({ concurrent: true, orders: { 1: [0] } })).toBe(
    '{"concurrent":true,"orders":{"1":[0]}}',
  );
});

test("what is written reads back", () => {
  const data = fc.record({
    concurrent: fc.boolean(),
    orders: fc.dictionary(fc.nat().map(String), fc.array(fc.nat(), { maxLength: 4 }), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  });
  fc.assert(
    fc.property(data, (data) => {
      expect(parseSagaCustomData(sagaCustomDataOf(data))).toEqual(data);
    }),
  );
});
