import { parseTarget } from "@lockstep/discovery";
import { LockstepError, splitAddress } from "@lockstep/protocol";
import type { GivenValue } from "./given-values.ts";
import { isEveryAddress, isLoopback } from "./listen-host.ts";

/** Where to announce the gRPC port, so that clients find the coordinator by name. */
export interface AnnounceConfig {
  /** `etcd://h1:2379,h2:2379/dtmservice`; may hold a password. */
  readonly target: string;
  /** The `host:port` at which others reach the gRPC port; port 0 stands for the port it listens on. */
  readonly endpoint: string;
}

/** The values of a `MicroService` section. */
export interface AnnouncementGiven {
  readonly driver: GivenValue | undefined;
  readonly target: GivenValue | undefined;
  readonly endpoint: GivenValue | undefined;
  readonly listenHost: string;
}

const ACCOUNT_IN_FRONT = /^[^/]*:\/\/[^/?#]*@/;
const GOZERO_DRIVER = "dtm-driver-gozero";

/** The drivers that are compiled into dtm and not offered here. */
const DRIVERS_NOT_YET = new Set(
  ["kratos", "polaris", "ego", "springcloud", "dapr", "sponge"].map((name) => `dtm-driver-${name}`),
);

/** The announcement that the section asks for. Reports problems and warnings, which never repeat the target. */
export function announcementOf(
  given: AnnouncementGiven,
  report: { readonly problems: string[]; readonly warnings: string[] },
): AnnounceConfig | null {
  const { driver, target, endpoint } = given;
  const driverName = driver?.text || "default";
  if (driver !== undefined && driverName !== "default" && driverName !== GOZERO_DRIVER) {
    const is = DRIVERS_NOT_YET.has(driverName) ? "is not supported yet" : "is no driver of dtm's";
    report.problems.push(
      `${driver.name} ${JSON.stringify(driverName)} ${is}; this version offers default and ${GOZERO_DRIVER}`,
    );
    return null;
  }
  if (target === undefined || target.text === "") return null;
  if (driverName === "default") {
    report.warnings.push(
      `${target.name} has no effect without the driver ${GOZERO_DRIVER}: nothing is announced`,
    );
    return null;
  }
  const targetProblem = problemOfTarget(target);
  if (targetProblem !== undefined) report.problems.push(targetProblem);
  const endpointProblem = problemOfEndpoint(endpoint);
  if (endpointProblem !== undefined) report.problems.push(endpointProblem);
  if (endpoint === undefined || targetProblem !== undefined || endpointProblem !== undefined) return null;
  if (ACCOUNT_IN_FRONT.test(target.text)) {
    report.warnings.push(
      `${target.name} has an account in front of its hosts, which is not used; write it as ?user=NAME&password=PASSWORD after the key`,
    );
  }
  if (isEveryAddress(splitAddress(endpoint.text)?.host ?? "")) {
    report.warnings.push(
      `${endpoint.name} ${endpoint.text} is announced to everybody, and nobody can call it: it stands for every address ` +
        "of whoever reads it; set it to the host:port at which others reach this machine, such as 10.0.0.5:36790",
    );
  } else if (isLoopback(given.listenHost) && !isLoopback(splitAddress(endpoint.text)?.host ?? "")) {
    report.warnings.push(
      `${endpoint.name} ${endpoint.text} is announced to other machines, but only this one can reach ${given.listenHost}`,
    );
  }
  return { target: target.text, endpoint: endpoint.text };
}

function problemOfTarget({ name, text }: GivenValue): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "consul" || scheme === "nacos") {
    return `${name} names a registry that is not supported yet (${scheme}); this version announces itself in etcd`;
  }
  if (isEtcdTarget(text)) return undefined;
  return `${name} must look like etcd://localhost:2379/dtmservice, with host:port for each etcd and with a key`;
}

/** Whether `announce` would read `text` as a target in etcd. */
function isEtcdTarget(text: string): boolean {
  try {
    return parseTarget(text).kind === "etcd";
  } catch (error) {
    if (error instanceof LockstepError) return false;
    throw error;
  }
}

function problemOfEndpoint(endpoint: GivenValue | undefined): string | undefined {
  if (splitAddress(endpoint?.text ?? "") !== undefined) return undefined;
  const name = endpoint?.name ?? "MicroService.EndPoint";
  return `${name} must be the host:port at which others reach the gRPC port, such as localhost:36790`;
}
