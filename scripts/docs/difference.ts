/**
 * What must be the same on a page and on its translation, so that somebody who does not read the language notices a
 * translation that fell behind:
 *
 * - the fenced blocks, in their order; only "mermaid", and "text" without marks, may differ in their words;
 * - the levels of the headings, in their order;
 * - under each heading: the rows of tables and their cells, the code words, the figures, and the links. The translation
 *   may have more figures, and its links lead to translations where there are some.
 */
import { anchorsOf, type Link, linksOf } from "./link.ts";
import { type Block, blocksOf, headingOf, type Page, proseOf, textOfPage } from "./page.ts";
import { chineseNameOf } from "./translation.ts";

/** The line with the link to the page itself in the other language. */
const LANGUAGE_LINE = /^.*\[(?:English|简体中文)\]\(.+$/m;

/** What differs between a page and its translation, in sentences. */
export function differencesOf(english: Page, chinese: Page): readonly string[] {
  return [
    ...blockDifferencesOf(blocksOf(english.text), blocksOf(chinese.text)),
    ...sectionDifferencesOf(
      sectionsOf(english, chineseNameOf),
      sectionsOf(chinese, (name) => name),
    ),
  ];
}

function blockDifferencesOf(english: readonly Block[], chinese: readonly Block[]): readonly string[] {
  if (english.length !== chinese.length)
    return [`${english.length} blocks are ${chinese.length} in the translation`];
  return english.flatMap((block, index) => {
    const other = chinese[index];
    if (other !== undefined && comparedOf(block) === comparedOf(other)) return [];
    return [`the block of line ${block.line} is another one in line ${other?.line} of the translation`];
  });
}

function comparedOf({ language, marks, text }: Block): string {
  const isForReading = marks.length === 0 && (language === "mermaid" || language === "text");
  return JSON.stringify([language, marks, isForReading ? "" : text]);
}

/** What stands under one heading, its title included. */
interface Section {
  readonly title: string;
  readonly level: number;
  /** For each row of a table, how many cells it has. */
  readonly rows: readonly string[];
  readonly codeWords: readonly string[];
  readonly figures: readonly string[];
  readonly links: readonly string[];
}

/**
 * The sections of a page; the first one is what stands above all headings. `placeOf` says which page a link to the path
 * must lead to in the translation.
 */
function sectionsOf(page: Page, placeOf: (path: string) => string): readonly Section[] {
  const prose = proseOf(page.text).replace(LANGUAGE_LINE, "");
  return prose.split(/^(?=#+ )/m).map((text) => {
    const { level, title } = headingOf(text) ?? { level: 0, title: "the top" };
    const words = text.replace(/`[^`]+`/g, "").replace(/\]\([^)]+\)/g, "");
    return {
      title,
      level,
      rows: [...text.matchAll(/^\|.*\|$/gm)].map(
        ([row]) => `${row.replaceAll("\\|", "").split("|").length - 2}`,
      ),
      codeWords: [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word.replace(/\s+/g, " ")),
      figures: [...words.matchAll(/\d+(?:[.,:]\d+)*/g)].map(([figure]) => figure),
      links: linksOf({ name: page.name, text }).map(
        (link) => placeOf(link.path) + headingNumberOf(page, link),
      ),
    };
  });
}

/** The heading that a link leads to, by its number on its page: each language has titles of its own. */
function headingNumberOf(page: Page, { path, anchor }: Link): string {
  if (anchor === undefined) return "";
  const linked = path === page.name ? page.text : textOfPage(path);
  return `#${anchorsOf(linked).indexOf(anchor)}`;
}

function sectionDifferencesOf(english: readonly Section[], chinese: readonly Section[]): readonly string[] {
  const [levels, otherLevels] = [english, chinese].map((list) => list.map(({ level }) => level).join(" "));
  if (levels !== otherLevels)
    return [`headings of the levels ${levels} are ${otherLevels} in the translation`];
  return english.flatMap((section, index) => {
    const other = chinese[index];
    return other === undefined
      ? []
      : contentDifferencesOf(section, other).map((what) => `${section.title}: ${what}`);
  });
}

function contentDifferencesOf(section: Section, other: Section): readonly string[] {
  return [
    ...(section.rows.join() === other.rows.join() ? [] : [`table rows ${section.rows} are ${other.rows}`]),
    ...without(section.codeWords, other.codeWords).map((word) => `the translation lacks \`${word}\``),
    ...without(other.codeWords, section.codeWords).map((word) => `only the translation has \`${word}\``),
    ...without(section.figures, other.figures).map((figure) => `the translation lacks ${figure}`),
    ...without(section.links, other.links).map((link) => `the translation lacks the link to ${link}`),
    ...without(other.links, section.links).map((link) => `only the translation has the link to ${link}`),
  ];
}

/** The list without what `taken` has, one for one. */
function without(list: readonly string[], taken: readonly string[]): readonly string[] {
  const left = [...list];
  for (const item of taken) if (left.includes(item)) left.splice(left.indexOf(item), 1);
  return left;
}
