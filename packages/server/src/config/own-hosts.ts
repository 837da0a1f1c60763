import { quotedText } from "@lockstep/protocol";
import type { ConfigReader } from "./reader.ts";

/** The names under which callers reach the doors, besides the address that the doors listen on. */
export function ownHostsOf(reader: ConfigReader): readonly string[] {
  const given = reader.text("Lockstep.Hosts");
  if (given === undefined) return [];
  const hosts = given.text
    .split(",")
    .map((text) => text.trim().toLowerCase().replace(/\.$/, ""))
    .filter((text) => text !== "");
  for (const host of hosts.filter((text) => !/^[a-z0-9_.-]+$/.test(text))) {
    reader.problems.push(
      `${given.name} must be host names, with commas between them and without ports, not ${quotedText(host)}`,
    );
  }
  return hosts;
}
