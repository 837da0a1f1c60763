import { expect, test } from "vitest";
import { accountsOfTarget } from "./account-of-target.ts";

test.for([
  ["etcd://h:2379/k?user=u&password=p", { "h:2379": { user: "u", password: "p" } }],
  ["discov://a:1,b:2/k?user=u", { "a:1,b:2": { user: "u", password: "" } }],
  ["etcd://h:2379/k?password=p", {}],
  ["etcd://u:p@h:2379/k", {}],
  ["etcd://h:2379/k", {}],
  ["h:2379", {}],
] as const)("%s", ([target, accounts]) => {
  expect(accountsOfTarget(target)).toEqual(accounts);
});
