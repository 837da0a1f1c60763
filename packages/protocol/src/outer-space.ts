/** The characters that Go's `unicode.IsSpace` calls white space. JavaScript's `\s` has U+FEFF too, and lacks U+0085. */
const SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";

const LEADING = new RegExp(`^[${SPACE}]+`);
const IS_SPACE = new RegExp(`[${SPACE}]`);

/** `text` without the white space at its beginning and its end, as Go's `strings.TrimSpace` answers it. */
export function withoutOuterSpace(text: string): string {
  return withoutSpaceAtEnd(text).replace(LEADING, "");
}

/** `text` without the white space at its end. */
export function withoutSpaceAtEnd(text: string): string {
  let end = text.length;
  // An expression that ends in `+$` would look at each run of spaces within a long text again and again.
  while (end > 0 && IS_SPACE.test(text[end - 1] ?? "")) end -= 1;
  return text.slice(0, end);
}
