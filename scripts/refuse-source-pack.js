// The `prepack` of each published package, which npm runs before `npm pack` and `npm publish`. A tarball of the sources
// dies when it is imported: Node reads no TypeScript below node_modules. Plain JavaScript, because it must also run on
// the machine's own Node, where `npm ci` has not been run.
process.stderr.write(
  "A tarball of the sources cannot be imported, so none is made. `npm run pack` builds the packages and makes tarballs " +
    "that work, in tarballs/.\n",
);
process.exitCode = 1;
