import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A copy of the work tree with uncommitted changes. Dependencies are links; our own packages are those of the copy. */
export class WorkCopy {
  readonly folder: string;

  constructor(root: string) {
    this.folder = mkdtempSync(join(tmpdir(), "lockstep-planted-"));
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const path of listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)))) {
      mkdirSync(join(this.folder, dirname(path)), { recursive: true });
      cpSync(join(root, path), join(this.folder, path));
    }
    linkModules(root, this.folder);
    for (const place of ["packages", "examples"]) {
      for (const name of readdirSync(join(root, place))) {
        const nested = join(root, place, name, "node_modules");
        if (existsSync(nested)) symlinkSync(nested, join(this.folder, place, name, "node_modules"));
      }
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Copies npm's links to workspaces as they are: their paths are relative, so they lead into the copy. */
function linkModules(root: string, folder: string, scope = ""): void {
  const from = join(root, "node_modules", scope);
  const to = join(folder, "node_modules", scope);
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(path), join(to, entry.name));
    else if (scope === "" && entry.name.startsWith("@")) linkModules(root, folder, entry.name);
    // Leaves out the folders of Vite, which writes to its cache; everything else is only read.
    else if (!entry.name.startsWith(".v")) symlinkSync(path, join(to, entry.name));
  }
}
