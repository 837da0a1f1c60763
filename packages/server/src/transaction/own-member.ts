/**
 * Members of records whose names come from outside: an op may be called as its caller likes, "constructor" and
 * "__proto__" too, and every object answers these names.
 */

/** The record's own member `name`; undefined where the record has none, whatever its prototype has. */
export function ownMemberOf<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Sets the member `name` of `record`. To assign to `__proto__` would change the record's prototype instead. */
export function setOwnMember<Value>(record: Record<string, Value>, name: string, value: Value): void {
  if (name !== "__proto__") record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}
