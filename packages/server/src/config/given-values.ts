import { type ConfigFlags, environmentNameOf, flagNameOf } from "./keys.ts";
import { isServiceLink } from "./service-links.ts";
import type { ConfigFile } from "./yaml.ts";

/** A value that somebody gave, with its name for messages. */
export interface GivenValue {
  /** `--http-port`, `conf.yml: HttpPort` or `HTTP_PORT`. */
  readonly name: string;
  /** The path of the key in the file, even if the value was given elsewhere. */
  readonly path: string;
  readonly text: string;
  /** False for a list or a map where one value belongs. */
  readonly plain: boolean;
}

export interface GivenSources {
  readonly flags: ConfigFlags;
  readonly file: ConfigFile;
  readonly fileName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The values given for a setting that has one or more names, strongest first: the flag, then for each name the file and
 * the environment. Our own name comes before dtm's, so that the environment can override an untouched `conf.yml`.
 */
export function givenFor(
  sources: GivenSources,
  paths: readonly string[],
  flag?: keyof ConfigFlags,
): readonly GivenValue[] {
  const given: GivenValue[] = [];
  const said = flag === undefined ? undefined : sources.flags[flag];
  if (flag !== undefined && said !== undefined) {
    given.push({ name: flagNameOf(flag), path: paths[0] ?? "", text: String(said), plain: true });
  }
  for (const path of paths) {
    const value = sources.file.values.get(path);
    if (value !== undefined) {
      given.push({
        name: `${sources.fileName}: ${value.path}`,
        path,
        text: value.text.trim(),
        plain: value.plain,
      });
    }
    const name = environmentNameOf(path);
    const text = sources.env[name]?.trim();
    // As in dtm, an empty variable counts as not set.
    if (text && !isServiceLink(name, text)) given.push({ name, path, text, plain: true });
  }
  return given;
}
