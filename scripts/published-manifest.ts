/** A package.json of this repository. The named fields are changed or removed for users. */
export interface SourceManifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
  readonly [field: string]: unknown;
}

/**
 * The package.json of a built package. In a checkout a package.json points at `./src/*.ts`; in `dist` it points at the
 * JavaScript and the types beside it.
 */
export function publishedManifestOf(source: SourceManifest): Record<string, unknown> {
  const { exports, bin, scripts: _, devDependencies: __, ...rest } = source;
  return {
    ...rest,
    ...(bin === undefined ? {} : { bin: mapValues(bin, builtPathOf) }),
    files: ["**/*.js", "**/*.d.ts"],
    exports: mapValues(exports, (path) => ({
      types: builtPathOf(path).replace(/js$/, "d.ts"),
      default: builtPathOf(path),
    })),
    publishConfig: { access: "public" },
  };
}

function builtPathOf(sourcePath: string): string {
  const [, path] = /^\.\/src\/(.+)\.ts$/.exec(sourcePath) ?? [];
  if (path === undefined) {
    throw new Error(
      `a package.json points at "${sourcePath}"; exports and bin name ./src/….ts, which is built`,
    );
  }
  return `./${path}.js`;
}

function mapValues<T>(
  record: Readonly<Record<string, string>>,
  derive: (value: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, derive(value)]));
}
