// Goal: an op's URL is what the branch has under the op's name, whatever the name is, and never what all objects have.
import { expect, test } from "vitest";
import { urlOf } from "./branch-url.ts";

test.for(["constructor", "__proto__", "toString", "undo"])(
  "without a URL for '%s' the URL is empty",
  (op) => {
    expect(urlOf({ urls: { do: "http://b/do" } }, op)).toBe("");
  },
);

test.for(["constructor", "__proto__", "do"])("the URL of an op that is called '%s' is found", (op) => {
  expect(urlOf({ urls: JSON.parse(`{"${op}":"http://b/x"}`) }, op)).toBe("http://b/x");
});
