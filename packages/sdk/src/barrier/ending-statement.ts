/**
 * Finds the statement in a text of SQL that would end the open transaction. Pure. It reads no more of SQL than where one
 * statement ends and the next one begins, and the first words of each.
 */
import type { BarrierDialect } from "./barrier-table.ts";

/** The first words of a statement, in lower case. */
type Words = readonly string[];

const WORDS_MAX = 4;

/** What has no statements in it: blanks, comments, and all that is quoted. The first group is a word, where it is one. */
const TOKENS: Readonly<Record<BarrierDialect, RegExp>> = {
  // A comment that begins with `/*!` is code to MySQL. A quoted text ends where the text ends, if nothing closes it.
  mysql:
    /\s+|--(?=\s|$)[^\n]*|#[^\n]*|\/\*M?!\d*|\/\*(?:[^*]+|\*(?!\/))*(?:\*\/|$)|\*\/|'(?:[^'\\]+|\\.|'')*(?:'|$)|"(?:[^"\\]+|\\.|"")*(?:"|$)|`(?:[^`]+|``)*(?:`|$)|([\p{L}_][\p{L}\p{N}_$]*)|./suy,
  postgres:
    /\s+|--[^\n]*|\/\*(?:[^*]+|\*(?!\/))*(?:\*\/|$)|[eE]'(?:[^'\\]+|\\.|'')*(?:'|$)|'(?:[^']+|'')*(?:'|$)|"(?:[^"]+|"")*(?:"|$)|\$([\p{L}_][\p{L}\p{N}_]*)?\$.*?(?:\$\1\$|$)|([\p{L}_][\p{L}\p{N}_$]*)|./suy,
  sqlite:
    /\s+|--[^\n]*|\/\*(?:[^*]+|\*(?!\/))*(?:\*\/|$)|'(?:[^']+|'')*(?:'|$)|"(?:[^"]+|"")*(?:"|$)|`(?:[^`]+|``)*(?:`|$)|\[[^\]]*(?:\]|$)|([\p{L}_][\p{L}\p{N}_$]*)|./suy,
};

/** The first words with which a statement may end a transaction. A text without them needs no reading. */
const SUSPECT: Readonly<Record<BarrierDialect, RegExp>> = {
  mysql:
    /\b(?:alter|analyze|begin|cache|change|check|commit|create|drop|flush|grant|install|load|lock|optimize|rename|repair|reset|revoke|rollback|start|stop|truncate|uninstall|xa)\b/i,
  postgres: /\b(?:abort|commit|end|prepare|rollback)\b/i,
  sqlite: /\b(?:commit|end|rollback)\b/i,
};

/**
 * The first words of the statement in `sql` that would end the transaction, as `commit` or `create table`; undefined when
 * there is none. MySQL commits before most statements that define data.
 */
export function endingStatement(sql: string, dialect: BarrierDialect): string | undefined {
  if (!SUSPECT[dialect].test(sql)) return undefined;
  for (const words of headsOf(sql, dialect)) {
    if (dialect === "mysql" ? endsInMysql(words) : ends(words)) return words.slice(0, 2).join(" ");
    // The body of a trigger or a function is within its statement, semicolons and all.
    if (words[0] === "create" && words.some((word) => BODIES.has(word))) return undefined;
  }
  return undefined;
}

/** The first words of MySQL's statements that have no other statements in them. */
const PLAIN_IN_MYSQL = new Set([
  ...[
    "delete",
    "desc",
    "describe",
    "do",
    "explain",
    "insert",
    "release",
    "replace",
    "rollback",
    "savepoint",
    "select",
  ],
  ...["set", "show", "table", "update", "use", "values", "with"],
]);

/** What is in each text that has other statements in it. A text without it needs no reading. */
const HIDING_IN_MYSQL = /\b(?:begin|call|case|execute|for|if|loop|repeat|while)\b/i;

/**
 * Whether a statement of MySQL's in `sql` may run others that nobody sees here: a procedure's, those of a text that was
 * prepared in SQL, or those of MariaDB's blocks.
 */
export function mayHideEnding(sql: string): boolean {
  if (!HIDING_IN_MYSQL.test(sql)) return false;
  return [...headsOf(sql, "mysql")].some(([first]) => first !== undefined && !PLAIN_IN_MYSQL.has(first));
}

const BODIES = new Set(["trigger", "function", "procedure"]);

function* headsOf(sql: string, dialect: BarrierDialect): Generator<Words> {
  const token = new RegExp(TOKENS[dialect]);
  let words: string[] = [];
  let isHead = true;
  for (let match = token.exec(sql); match !== null; match = token.exec(sql)) {
    const [text] = match;
    const word = match.at(-1);
    if (text === ";") {
      yield words;
      words = [];
      isHead = true;
    } else if (word !== undefined) {
      if (isHead) words.push(word.toLowerCase());
      isHead &&= words.length < WORDS_MAX;
    } else if (!/^(?:\s|--|#|\/\*|\*\/)/.test(text)) {
      isHead = false;
    }
  }
  yield words;
}

function ends([first, second, third]: Words): boolean {
  switch (first) {
    case "commit":
    case "end":
    case "abort":
      return true;
    case "rollback":
      return second !== "to" && third !== "to"; // To a savepoint.
    case "prepare":
      return second === "transaction";
    default:
      return false;
  }
}

const ALWAYS_IN_MYSQL = new Set([
  ...["alter", "cache", "change", "commit", "flush", "grant", "install", "lock", "rename", "reset", "revoke"],
  ...["start", "stop", "truncate", "uninstall", "xa"],
]);
const WITH_TABLES_IN_MYSQL = new Set(["analyze", "check", "optimize", "repair"]);

function endsInMysql(words: Words): boolean {
  const [first = "", second] = words;
  if (ALWAYS_IN_MYSQL.has(first)) return true;
  if (WITH_TABLES_IN_MYSQL.has(first)) return words.includes("table") || words.includes("tables");
  switch (first) {
    case "rollback":
      return ends(words);
    case "begin":
      return second !== "not"; // MariaDB's `begin not atomic` is a block of statements.
    case "create":
      return !words.includes("temporary");
    case "drop":
      return second !== "temporary" && second !== "prepare";
    case "load":
      return second === "index";
    default:
      return false;
  }
}
