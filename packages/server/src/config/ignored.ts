import { type GivenSources, givenFor } from "./given-values.ts";
import { IGNORED_KEYS, IGNORED_VARIABLES } from "./ignored-keys.ts";
import { CONFIG_KEYS, environmentNameOf } from "./keys.ts";
import { isLinkToLockstep, isServiceLink, serviceLinkWarning } from "./service-links.ts";

/** Warnings about everything that was given and has no effect. They name it without its value. */
export function warningsOfIgnored(sources: GivenSources): readonly string[] {
  const warnings: string[] = [];
  for (const { path, fallback, why } of IGNORED_KEYS) {
    const [given] = givenFor(sources, [path]);
    const text = withoutSpace(given?.text ?? "");
    if (given !== undefined && text !== "" && text !== withoutSpace(fallback)) {
      warnings.push(`${given.name} has no effect: ${why}`);
    }
  }
  for (const { env, why } of IGNORED_VARIABLES) {
    if (sources.env[env]) warnings.push(`${env} has no effect: ${why}`);
  }
  for (const path of sources.file.unknown) {
    warnings.push(`${sources.fileName}: ${path} has no effect: neither Lockstep nor dtm knows it`);
  }
  const known = new Set(CONFIG_KEYS.map(({ path }) => environmentNameOf(path)));
  for (const name of known) {
    if (isServiceLink(name, sources.env[name]?.trim() ?? "")) warnings.push(serviceLinkWarning(name));
  }
  const strangers = Object.keys(sources.env).filter(
    (name) => name.startsWith("LOCKSTEP_") && !known.has(name) && !isLinkToLockstep(name),
  );
  if (strangers.length > 0) {
    warnings.push(
      `the environment has variables that Lockstep does not know and leaves alone: ${strangers.sort().join(", ")}`,
    );
  }
  return warnings;
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, "");
}
