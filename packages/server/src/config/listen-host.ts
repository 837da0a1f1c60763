import { BlockList, isIP } from "node:net";
import { quotedText } from "@lockstep/protocol";
import { DEFAULT_HOST } from "./keys.ts";
import type { ConfigReader } from "./reader.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether only this machine can reach `host`. A name other than localhost counts as reachable, and is not looked up.
 */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return /^localhost\.?$/i.test(host);
  return LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}

const EVERY_ADDRESS = new BlockList();
EVERY_ADDRESS.addAddress("0.0.0.0", "ipv4");
EVERY_ADDRESS.addAddress("::", "ipv6");

/** Whether `host` stands for every address of a machine: one can listen on it, and nobody can call it. */
export function isEveryAddress(host: string): boolean {
  const version = isIP(host);
  return version !== 0 && EVERY_ADDRESS.check(host, version === 4 ? "ipv4" : "ipv6");
}

/** An address or a name to listen on, without the brackets of a URL; undefined when it can be neither. */
function parseListenHost(text: string): string | undefined {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIP(host) !== 0) return host;
  return /^(?![\d.]+$)[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?$/i.test(host) ? host : undefined;
}

/** The host to listen on. A host that other machines can reach is a problem without `--insecure`. */
export function listenHostOf(reader: ConfigReader): string {
  const given = reader.text("Lockstep.Host", "host");
  const insecure = reader.boolean("Lockstep.Insecure", "insecure");
  const name = given?.name ?? "Lockstep.Host";
  const text = given?.text || DEFAULT_HOST;
  const host = parseListenHost(text);
  if (host === undefined) {
    reader.problems.push(`${name} must be an address or a host name to listen on, not ${quotedText(text)}`);
    return DEFAULT_HOST;
  }
  if (isLoopback(host)) return host;
  if (insecure) {
    reader.warnings.push(
      `there is no authentication yet, so whoever reaches ${host} can read, start and stop every transaction`,
    );
  } else {
    reader.problems.push(
      `${name} ${host} can be reached from other machines, and there is no authentication yet: whoever reaches it ` +
        "could read, start and stop every transaction; listen on 127.0.0.1, or say --insecure (LOCKSTEP_INSECURE=true) " +
        "where nobody else is on the network",
    );
  }
  return host;
}
