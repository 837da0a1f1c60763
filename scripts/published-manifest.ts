/** What a package.json of this repository holds of interest to those who install the package. */
export interface SourceManifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
  readonly [field: string]: unknown;
}

/**
 * The package.json of a built package: in a checkout it points at `./src/*.ts`, in `dist` at the JavaScript
 * and the types beside it.
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
