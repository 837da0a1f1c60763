/**
 * The `prepack` of each published package. A tarball of the sources dies when it is imported: Node reads no TypeScript
 * below node_modules.
 *
 * npm runs this wherever it runs scripts. The `.npmrc` of this repository forbids that, for the sake of `npm ci`; so
 * `npm pack -w` inside a clone is refused only with `--ignore-scripts=false`.
 */
console.error(
  "A tarball of the sources cannot be imported, so none is made. `npm run pack` builds the packages and makes tarballs that work, in tarballs/.",
);
process.exitCode = 1;
