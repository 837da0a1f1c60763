/**
 * How an error class of ours is known. A process can hold two copies of one of our packages: two versions of it in
 * `node_modules`, or one copy that a bundler has taken in. Each copy has a class of its own, so plain `instanceof`
 * says no to an error of the other copy. The registry of symbols is one for the whole process. So every error
 * carries the symbol of its class, and `instanceof` looks for that symbol.
 */

/**
 * Makes `instanceof errorClass` say yes to the errors of this class, and of the class with the same `name` in any
 * other copy. Call it once for each class, in a static block; `name` must belong to no other class of ours.
 *
 * A subclass that is not branded itself (a user's own, say) keeps the plain `instanceof`.
 */
export function brandErrorClass(errorClass: Pick<typeof Error, "prototype">, name: string): void {
  const brand = Symbol.for(`lockstep.${name}`);
  Object.defineProperty(errorClass.prototype, brand, { value: true });
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, thrown: unknown): boolean {
      // A subclass inherits this function. It must not take every error of its parent for its own.
      if (this !== errorClass) return Function.prototype[Symbol.hasInstance].call(this, thrown);
      return typeof thrown === "object" && thrown !== null && Reflect.get(thrown, brand) === true;
    },
  });
}
