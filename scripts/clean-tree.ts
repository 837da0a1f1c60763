/** The last step of `npm run verify`: generated files must be the same as those in git. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./published-packages.ts";

// A copy of the repository without git has nothing to compare with.
if (existsSync(join(ROOT, ".git"))) {
  const changed = execFileSync("git", ["status", "--porcelain"], { cwd: ROOT, encoding: "utf8" });
  if (changed !== "") {
    console.error(
      `verify: the work tree differs from what is committed:\n${changed}` +
        "Commit your own changes. A file in gen/ was made anew by `npm run generate`, one in api/ by `npm run build`: commit that, too.",
    );
    process.exit(1);
  }
}
