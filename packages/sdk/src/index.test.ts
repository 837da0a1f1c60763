// Goal: what the SDK's options and services need comes from the package itself, under the names that the docs use.
import * as discovery from "@lockstep/discovery";
import { expect, test } from "vitest";
import * as sdk from "./index.ts";

test("a directory, and what announces a service in it, come with the SDK", async () => {
  expect(sdk.Directory).toBe(discovery.Directory);
  expect(sdk.announce).toBe(discovery.announce);
  const log: sdk.DiscoveryLog = () => undefined;
  const accounts: Record<string, sdk.EtcdAccount> = { "h:2379": { user: "u", password: "p" } };
  const options: sdk.DirectoryOptions = { accounts, log };
  const directory = new sdk.Directory(options);
  const addresses: sdk.Addresses = directory.find("h:1");
  expect(await addresses.pick()).toBe("h:1");
  await new sdk.Lockstep("grpc://h:1", { directory }).close();
  await directory.close();
});
