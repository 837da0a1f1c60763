// Run before the sources: refuses a Node that cannot read TypeScript, which says only "Unknown file extension". Plain
// JavaScript, because it must run on the Node that it refuses.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `Lockstep needs Node 22.19 or newer, and this is Node ${process.versions.node}. The Node that comes with a clone is ` +
      "missing: run `npm ci` without --omit=optional (there is one for Linux, macOS on arm64 and Windows on x64), or " +
      "install a newer Node.\n",
  );
  process.exit(1);
}
