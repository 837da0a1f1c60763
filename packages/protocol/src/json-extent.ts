/**
 * How much there is in a JSON text, before it is parsed. Parsing holds the event loop in one piece, and takes time for
 * each value and not for each byte: 4 MB of one text take some milliseconds, 300,000 members take 300.
 */
import { LockstepError } from "./error.ts";

/** Values in one JSON text, about: its objects, its arrays and its commas. The largest saga has 6,000. */
export const JSON_VALUES_MAX = 20_000;

/** Objects and arrays within each other. A request needs three. */
export const JSON_DEPTH_MAX = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Refuses a text with more values, or more levels, than a request can have; `what` names the text, as the start of a
 * sentence. It does not matter here whether the text is JSON.
 * @throws LockstepError `invalid_argument`
 */
export function checkJsonExtent(text: string, what: string): void {
  let valueCount = 1;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        valueCount += 1;
        depth += 1;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        valueCount += 1;
        break;
      default:
    }
    if (depth > JSON_DEPTH_MAX)
      refuse(`${what} has more than ${JSON_DEPTH_MAX} levels of objects and arrays`);
    if (valueCount > JSON_VALUES_MAX) refuse(`${what} has more than ${JSON_VALUES_MAX} values`);
  }
}

/** The index of the quotation mark that ends the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** Whether an odd number of backslashes stands before `index`. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}

function refuse(problem: string): never {
  throw new LockstepError("invalid_argument", `${problem}; send data as a payload, which is one text.`);
}
