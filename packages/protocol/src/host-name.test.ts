// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders that nobody filled in are what is tested.
import { expect, test } from "vitest";
import { isHostName } from "./host-name.ts";

test.for([
  "h",
  "user_rpc.ns-1.svc.cluster.local",
  "user.example.",
  "xn--bcher-kva.example",
  "_srv.example",
  "7.example",
  "r3---sn-.example",
  "10.0.0.1",
  "223.255.255.255",
  "224.example",
  "h".repeat(63),
  `${"a".repeat(63)}.`.repeat(3) + "b".repeat(61),
])("%j can be a host", (text) => {
  expect(isHostName(text)).toBe(true);
});

test.for([
  "",
  ".",
  "a..b",
  ".a",
  "a..",
  "-a",
  "{{host}}",
  "${host}",
  "{host}",
  "$host",
  "$(host)",
  "host,other",
  "*",
  "*.example",
  "h!",
  "~",
  "'h'",
  "a b",
  "bücher.example",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "h".repeat(64),
  `${"a".repeat(63)}.`.repeat(3) + "b".repeat(62),
])("%j can be none", (text) => {
  expect(isHostName(text)).toBe(false);
});
