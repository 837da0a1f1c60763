/** Statements of the business, or its caller's, ended the transaction that holds the barrier's row. */
export function endedWithin(): Error {
  return new Error(
    "The barrier's transaction was ended within its business, by a commit or a rollback, or by a statement that commits implicitly.",
  );
}

/** A statement failed, PostgreSQL will not commit any more, and the business went on. */
export function failedWithin(): Error {
  return new Error(
    "PostgreSQL rolled the barrier's transaction back, because a statement in it had failed and the error was caught; let it pass, or use a savepoint.",
  );
}

/** A statement failed, MySQL has rolled back, or may have, and the business went on. */
export function rolledBackWithin(cause: Error): Error {
  return new Error(
    "A statement met a deadlock or a lock wait timeout, with which MySQL rolls the barrier's transaction back, and the error was caught; let it pass.",
    { cause },
  );
}
