import { quotedText } from "@lockstep/protocol";
import { type GivenSources, type GivenValue, givenFor } from "./given-values.ts";
import { INTEGER_KEYS, type IntegerKey, type IntegerName } from "./integers.ts";
import type { ConfigFlags } from "./keys.ts";

/** A value, and the name under which it was given; `name` is undefined for a default. */
export interface Setting<Value> {
  readonly value: Value;
  readonly name: string | undefined;
}

/** Reads typed values. Checks every given value, even one that a stronger source overrides. */
export class ConfigReader {
  /** In sentences, in the order found. */
  readonly problems: string[] = [];
  /** In sentences, in the order found. */
  readonly warnings: string[] = [];
  readonly #sources: GivenSources;

  constructor(sources: GivenSources) {
    this.#sources = sources;
  }

  /** All given values, strongest first. A value that is not plain is a problem, and is left out. */
  given(paths: readonly string[], flag?: keyof ConfigFlags): readonly GivenValue[] {
    return givenFor(this.#sources, paths, flag).filter(({ name, text, plain }) => {
      const isEmptyFlag = name.startsWith("--") && text === "";
      if (!plain) this.problems.push(`${name} must be one value, not a list or a map`);
      if (isEmptyFlag) this.problems.push(`${name} needs a value`);
      return plain && !isEmptyFlag;
    });
  }

  text(path: string, flag?: keyof ConfigFlags): GivenValue | undefined {
    return this.given([path], flag)[0];
  }

  boolean(path: string, flag?: keyof ConfigFlags): boolean {
    return (
      this.#strongest(this.given([path], flag), ({ name, text }) => {
        if (/^(true|1|yes|on)$/i.test(text)) return true;
        if (/^(false|0|no|off)$/i.test(text)) return false;
        this.problems.push(`${name} must be true or false, not ${quotedText(text)}`);
        return undefined;
      })?.value ?? false
    );
  }

  word<Word extends string>(path: string, flag: keyof ConfigFlags, words: readonly Word[]): Word | undefined {
    return this.#strongest(this.given([path], flag), ({ name, text }) => {
      const word = words.find((candidate) => candidate === text.toLowerCase());
      if (word === undefined)
        this.problems.push(`${name} must be one of ${words.join(", ")}, not ${quotedText(text)}`);
      return word;
    })?.value;
  }

  integer(integerName: IntegerName): Setting<number> {
    const integer: IntegerKey = INTEGER_KEYS[integerName];
    const { key, secondsKey, flag, fallback } = integer;
    const given = this.given(secondsKey === undefined ? [key] : [key, secondsKey], flag);
    const read = this.#strongest(given, (value) => {
      const perUnit = value.path === secondsKey ? 1_000 : 1;
      const min = Math.ceil(integer.min / perUnit);
      const max = Math.floor(integer.max / perUnit);
      const number = /^[+-]?\d+$/.test(value.text) ? Number(value.text) : Number.NaN;
      if (number >= min && number <= max) return number * perUnit;
      const unit = perUnit === 1_000 ? " seconds" : integer.unit === "ms" ? " milliseconds" : "";
      this.problems.push(
        `${value.name} must be a whole number from ${min} to ${max}${unit}, not ${quotedText(value.text)}`,
      );
      return undefined;
    });
    return read ?? { value: fallback, name: undefined };
  }

  /** The strongest value. If it is an empty text in the file, it cancels that of the environment: the default holds. */
  #strongest<Value>(
    given: readonly GivenValue[],
    parse: (value: GivenValue) => Value | undefined,
  ): Setting<Value> | undefined {
    const parsed = given.map((value) => ({
      name: value.name,
      value: value.text === "" ? undefined : parse(value),
    }));
    const [first] = parsed;
    return first?.value === undefined ? undefined : { value: first.value, name: first.name };
  }
}
