/**
 * Sets the member `name` of `record`, whatever the name is: an op may be called as its caller likes, and to assign to
 * `__proto__` would change the record's prototype instead.
 */
export function setOwnMember<Value>(record: Record<string, Value>, name: string, value: Value): void {
  if (name !== "__proto__") record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}
