import { expect, test } from "vitest";
import { authorityOf } from "./authority.ts";

test.for([
  [{ host: "127.0.0.1", port: 1 }, "127.0.0.1:1"],
  [{ host: "localhost", port: 36_789 }, "localhost:36789"],
  [{ host: "::1", port: 65_535 }, "[::1]:65535"],
] as const)("%j is %s", ([address, text]) => {
  expect(authorityOf(address)).toBe(text);
});
