// Goal: interim answers never reach the HTTP client, and every other byte does, however the bytes are cut into chunks.
import fc from "fast-check";
import { expect, test } from "vitest";
import { InterimFilter } from "./interim-filter.ts";

function filtered(text: string, cuts: readonly number[] = []): string {
  const filter = new InterimFilter();
  filter.requested();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), text.length];
  const chunks = edges.slice(1).map((to, i) => Buffer.from(text.slice(edges[i], to), "latin1"));
  return chunks.map((chunk) => filter.take(chunk).toString("latin1")).join("");
}

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const HINTS = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

test.for([
  ["nothing in front", OK, OK],
  ["100 Continue", CONTINUE + OK, OK],
  ["100 without a phrase", `HTTP/1.1 100\r\n\r\n${OK}`, OK],
  ["100 with headers, in HTTP/1.0, with bare line feeds", `HTTP/1.0 100 Go on\nx: y\n\n${OK}`, OK],
  ["several", CONTINUE + HINTS + CONTINUE + OK, OK],
  ["101, which is no interim answer", "HTTP/1.1 101 X\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n"],
  ["1000, which is no status", "HTTP/1.1 1000 X\r\n\r\n", "HTTP/1.1 1000 X\r\n\r\n"],
  ["no HTTP at all", "SSH-2.0-OpenSSH\r\n", "SSH-2.0-OpenSSH\r\n"],
  ["an endless one", `HTTP/1.1 100 ${"x".repeat(20_000)}`, `HTTP/1.1 100 ${"x".repeat(20_000)}`],
])("%s", ([, sent = "", passed]) => {
  expect(filtered(sent)).toBe(passed);
});

test("the body of an answer passes, whatever it says", () => {
  const filter = new InterimFilter();
  filter.requested();
  filter.take(Buffer.from(OK));
  expect(filter.take(Buffer.from(CONTINUE)).toString()).toBe(CONTINUE);
  filter.requested();
  expect(filter.take(Buffer.from(CONTINUE)).toString()).toBe("");
});

test("however the bytes are cut", () => {
  const text = CONTINUE + HINTS + OK + CONTINUE;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
      expect(filtered(text, cuts)).toBe(filtered(text));
      expect(filtered(CONTINUE + OK, cuts)).toBe(OK);
    }),
  );
});
