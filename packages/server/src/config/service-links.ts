/**
 * Kubernetes puts variables into each container for each Service of its namespace, such as `HTTP_PORT=tcp://10.0.0.1:80`
 * for a Service named `http`. Nobody who set them meant us.
 */

const LINK_TO_PORT = /^(tcp|udp|sctp):\/\//i;

/** Whether Kubernetes set this variable of ours, for a Service that happens to have the name. */
export function isServiceLink(name: string, text: string): boolean {
  return name.endsWith("_PORT") && LINK_TO_PORT.test(text);
}

const LINKS_OF_LOCKSTEP =
  /^LOCKSTEP_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_.+)?)$/;

/** Whether Kubernetes sets a variable of this name for a Service whose name begins with `lockstep`. */
export function isLinkToLockstep(name: string): boolean {
  return LINKS_OF_LOCKSTEP.test(name);
}

/** The warning for the variable `name`. */
export function serviceLinkWarning(name: string): string {
  const service = name
    .replace(/_PORT$/, "")
    .toLowerCase()
    .replaceAll("_", "-");
  return (
    `${name} has no effect: Kubernetes sets it for the Service named ${service}, and it is no number; ` +
    "enableServiceLinks: false in the pod keeps such variables away"
  );
}
