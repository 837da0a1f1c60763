import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { headingsOf, type Page, proseOf, REPOSITORY, textOfPage } from "./page.ts";

/** A link to a file, to a heading of it, or to a heading of the same page. */
export interface Link {
  /** What the page says: `saga.md#order`, `#order`. */
  readonly written: string;
  /** The file that the link leads to, by its path in the repository. */
  readonly path: string;
  /** The name of a heading there. */
  readonly anchor: string | undefined;
}

/** The links of a page to what is in the repository, in their order. */
export function linksOf({ name, text }: Page): readonly Link[] {
  return [...proseOf(text).matchAll(/\]\(([^)]+)\)/g)]
    .map(([, written = ""]) => {
      const [file = "", anchor] = written.split("#");
      return { written, path: file === "" ? name : normalize(join(dirname(name), file)), anchor };
    })
    .filter(({ written }) => !/^https?:/.test(written));
}

/** The names that GitHub gives the headings of a page, in their order. */
export function anchorsOf(page: string): readonly string[] {
  return headingsOf(page).map(({ title }) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Whether a link leads to a file that is there, and to a heading that is there. */
export function leadsSomewhere({ path, anchor }: Link): boolean {
  if (!existsSync(REPOSITORY + path)) return false;
  return anchor === undefined || anchorsOf(textOfPage(path)).includes(anchor);
}
