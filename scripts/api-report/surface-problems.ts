import type { Declared, PublicSurface } from "./public-surface.ts";

/** One entry point: the specifier that users import, and its public surface. */
export interface EntryPoint {
  /** `lockstep`, `lockstep/testing`. */
  readonly specifier: string;
  /** The package's folder. A type may be exported by any entry point of the same package. */
  readonly package: string;
  readonly surface: PublicSurface;
}

/**
 * The problems of the public surface of all packages: one sentence for each, which names the gap and says what to do.
 * `undocumentedAllowed` has the reasons by `Name.member`, `Name.*` or `*.member`.
 */
export function surfaceProblems(
  entryPoints: readonly EntryPoint[],
  undocumentedAllowed: ReadonlyMap<string, string>,
): string[] {
  const problems = new Set<string>();
  const everywhere = new Map(
    entryPoints.flatMap(({ surface }) => surface.declared.map((declared) => [declared.name, declared])),
  );
  const excused = new Set<string>();
  for (const entryPoint of entryPoints) {
    for (const name of forgottenIn(entryPoint, entryPoints)) {
      problems.add(
        `${entryPoint.specifier}: "${name}" is part of the public surface, but users cannot name it. ` +
          "Export it from the package's entry point, or write its type where it is used.",
      );
    }
    for (const name of entryPoint.surface.declared.flatMap((one) => undocumentedIn(one, everywhere))) {
      const excuses = excusesOf(name).filter((excuse) => undocumentedAllowed.has(excuse));
      for (const excuse of excuses) excused.add(excuse);
      if (excuses.length > 0) continue;
      problems.add(
        `${entryPoint.specifier}: "${name}" has no doc comment. Write one above it that says what it is for.`,
      );
    }
  }
  const idle = [...undocumentedAllowed.keys()].filter((excuse) => !excused.has(excuse));
  return [
    ...problems,
    ...idle.map(
      (excuse) => `the exception "${excuse}" excuses nobody any more. Delete it from exceptions.ts.`,
    ),
  ];
}

function forgottenIn({ package: folder, surface }: EntryPoint, entryPoints: readonly EntryPoint[]): string[] {
  const nameable = new Set(
    entryPoints
      .filter((other) => other.package === folder)
      .flatMap((other) => other.surface.exported.map(({ local }) => local)),
  );
  return surface.declared.map(({ name }) => name).filter((name) => !nameable.has(name));
}

/** The undocumented names, as `Name` and `Name.member`. A class inherits doc comments from its interfaces. */
function undocumentedIn(declared: Declared, everywhere: ReadonlyMap<string, Declared>): string[] {
  const inherited = new Set(
    declared.implemented
      .flatMap((name) => everywhere.get(name)?.members ?? [])
      .filter(({ isDocumented }) => isDocumented)
      .map(({ name }) => name),
  );
  const members = declared.members
    .filter(({ name, isDocumented }) => !isDocumented && !inherited.has(name))
    .map(({ name }) => `${declared.name}.${name}`);
  return declared.isDocumented ? members : [declared.name, ...members];
}

/** The exceptions that would excuse `name`; none unless `name` is a member. */
function excusesOf(name: string): string[] {
  const [owner, member] = name.split(".");
  return member === undefined ? [] : [name, `${owner}.*`, `*.${member}`];
}
