import { parseTarget } from "@lockstep/discovery";
import { LockstepError } from "lockstep";
import { z } from "zod";

/** The address on which a service listens. Port 0 picks a free port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(\[[\da-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})$/i;

/** `host:port` to listen on. */
export const listenOn = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context): ListenAddress => {
      const [, host, port] = ADDRESS.exec(text) ?? [];
      if (host === undefined || Number(port) > 65_535) {
        context.addIssue("must be host:port, such as 127.0.0.1:8080");
        return z.NEVER;
      }
      return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
    });

/** `host:port` as text, with brackets around an IPv6 address. */
export function addressText({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where another service is found: `host:port` or `etcd://host:2379/key`. */
export const target = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine(isBranchTarget, 'must be "host:port" or "etcd://host:2379/key", the key without a slash');

/** Where the coordinator is found: the same forms, or the URL of its HTTP door. */
export const coordinatorTarget = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine(
      (text) => /^https?:\/\/[^\s/]+/.test(text) || isTarget(text.replace(/^grpc:\/\//, "")),
      'must be "http://host:36789", "grpc://host:36790" or "etcd://host:2379/dtmservice"',
    );

/** In a branch URL everything after the first slash of the path is the method, so a key must not have a slash. */
function isBranchTarget(text: string): boolean {
  return isTarget(text) && !/^\w+:\/\/[^/]+\/[^/]+\//.test(text);
}

function isTarget(text: string): boolean {
  try {
    parseTarget(text);
    return true;
  } catch (error) {
    if (error instanceof LockstepError) return false;
    throw error;
  }
}
