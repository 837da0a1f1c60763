// Goal: a webhook may be any HTTP address but those that no branch may be either, and no sentence repeats a secret.
import { expect, test } from "vitest";
import { webhookTargetOf } from "./webhook-target.ts";

test.for([
  ["http://h/a?token=1", { origin: "http://h", path: "/a?token=1", host: "h" }],
  ["HTTPS://H:443", { origin: "https://h", path: "/", host: "h" }],
  ["http://127.0.0.1:8080/hook", { origin: "http://127.0.0.1:8080", path: "/hook", host: "127.0.0.1:8080" }],
  [
    "http://me:p%40ss@h/a",
    { origin: "http://h", path: "/a", host: "h", authorization: `Basic ${btoa("me:p@ss")}` },
  ],
  ["http://me:100%@h/a", { authorization: `Basic ${btoa("me:100%")}` }],
] as const)("%s", ([url, target]) => {
  expect(webhookTargetOf(url)).toMatchObject(target);
});

test.for([
  ["", "must be http(s)://"],
  ["hook", "must be http(s)://"],
  ["ftp://secret@h/a", "must be http(s)://"],
  ["http:///", "must be http(s)://"],
  ["http://me:secret@169.254.169.254/a?token=secret", "link-local or metadata address"],
  ["http://0xa9fea9fe/secret", "link-local or metadata address"],
  ["http://[::ffff:169.254.169.254]/secret", "link-local or metadata address"],
  ["http://metadata.google.internal/secret", "link-local or metadata address"],
  ["http://h:0/secret", "cannot exist"],
] as const)("%s is none", ([url, problem]) => {
  const target = webhookTargetOf(url);
  expect(target).toContain(problem);
  expect(target).not.toContain("secret");
});
