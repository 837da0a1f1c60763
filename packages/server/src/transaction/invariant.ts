/** Our own mistakes, found while they happen. Stays on in production: a wrong step is worse than a stopped one. */
class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** @throws InvariantError unless `holds`. `rule` is a sentence that says what must be true. */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new InvariantError(rule);
}

/** The end of every `switch` over a union: a new member makes the call a type error. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
