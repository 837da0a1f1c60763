// Goal: the custom_data of a workflow is read as dtm's clients write it (protocol 1.8), and what cannot be it is refused.
import { expect, test } from "vitest";
import { parseWorkflowCustomData } from "./workflow-custom-data.ts";

const BYTES = new Uint8Array([0, 255, 123]);

test.each([
  ["with an input", '{"name":"order","data":"AP97"}', { name: "order", data: BYTES }],
  ["with null as input", '{"name":"order","data":null}', { name: "order", data: new Uint8Array() }],
  ["without an input", '{"name":"order"}', { name: "order", data: new Uint8Array() }],
  ["in other letters, with more", '{"Name":"order","DATA":"AP97","x":1}', { name: "order", data: BYTES }],
])("%s", (_name, text, wanted) => {
  expect(parseWorkflowCustomData(text)).toEqual(wanted);
});

test.each([
  ["", "custom_data is empty"],
  ["[]", "custom_data must be a JSON object"],
  ["{}", "custom_data.name is empty"],
  ['{"name":7}', "custom_data.name must be a string"],
  ['{"name":"a","data":{}}', "custom_data.data must be a string"],
  ['{"name":"a","data":"AP9"}', "custom_data.data must be base64 with padding"],
  ['{"name":"a","data":"AP97\\n"}', "custom_data.data must be base64 with padding"],
])("%s is refused", (text, sentence) => {
  expect(() => parseWorkflowCustomData(text)).toThrow(sentence);
});
