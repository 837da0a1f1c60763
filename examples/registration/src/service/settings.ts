import { parse, YAMLParseError } from "yaml";
import { z } from "zod";

/** The sources of settings. */
export interface SettingsSource {
  /** The text of the YAML file, if there is one. */
  readonly fileText?: string | undefined;
  /** The name of the file in messages. */
  readonly fileName?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** All problems of a configuration, one sentence a line. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads settings by their paths (`Etcd.Hosts`) from a YAML file and from the environment (`ETCD_HOSTS`), which is
 * stronger. All values are texts, which the schema parses; a list becomes its items with commas between. `secrets` are
 * paths that only the environment may set.
 *
 * @throws SettingsError with every problem
 */
export function readSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  source: SettingsSource,
  secrets: readonly string[] = [],
): z.output<z.ZodObject<Shape>> {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  const fileName = source.fileName ?? "the file";
  for (const [path, text] of leavesOf(source.fileText ?? "", { fileName, problems })) {
    if (!Object.hasOwn(shape, path)) problems.push(`${fileName}: ${path} is no setting of this service`);
    else if (secrets.includes(path)) {
      problems.push(
        `${fileName}: ${path} is a secret; give it by the environment alone, as ${envNameOf(path)}`,
      );
    } else given[path] = text;
  }
  for (const path of Object.keys(shape)) {
    const text = source.env[envNameOf(path)]?.trim();
    if (text) given[path] = text;
  }
  const result = z.object(shape).safeParse(given);
  if (!result.success) {
    problems.push(
      ...result.error.issues.map(({ path, message }) => {
        const name = String(path[0]);
        return `${name} (or ${envNameOf(name)}) ${message}`;
      }),
    );
  }
  if (problems.length > 0 || !result.success) throw new SettingsError(problems);
  return result.data;
}

/** `Auth.ExpireIn` is `AUTH_EXPIRE_IN` in the environment. */
function envNameOf(path: string): string {
  return path
    .replaceAll(".", "_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase();
}

function leavesOf(
  text: string,
  report: { readonly fileName: string; readonly problems: string[] },
): Array<[path: string, text: string]> {
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    report.problems.push(`${report.fileName} is no YAML: ${error.message.split("\n")[0]}`);
  }
  return flattened(tree, "");
}

function flattened(value: unknown, path: string): Array<[string, string]> {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [[path, value.map(String).join(",")]];
  if (typeof value !== "object") return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flattened(inner, path === "" ? key : `${path}.${key}`),
  );
}
