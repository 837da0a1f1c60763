import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ADDRESS_ASIDE_MS } from "./limits.ts";
import { Rotation, subsetOf } from "./rotation.ts";

describe("Rotation", () => {
  test("two addresses alternate", () => {
    const { rotation } = aRotation(["a:1", "b:2"]);
    expect(picks(rotation, 4)).toEqual(["a:1", "b:2", "a:1", "b:2"]);
  });

  test("where it begins is drawn", () => {
    const first = (draw: number) => picks(aRotation(["a:1", "b:2", "c:3"], draw).rotation, 1)[0];
    expect(new Set([0, 1e-15, 2e-15, 3e-15, 4e-15, 5e-15].map(first)).size).toBeGreaterThan(1);
  });

  test("with no address it has none to give", () => {
    expect(aRotation([]).rotation.next()).toBeUndefined();
  });

  test("an address that failed is passed over until its time is up", () => {
    const { rotation, pass } = aRotation(["a:1", "b:2"]);
    rotation.setAside("a:1");
    pass(ADDRESS_ASIDE_MS - 1);
    expect(picks(rotation, 2)).toEqual(["b:2", "b:2"]);
    pass(1);
    expect(picks(rotation, 2).toSorted()).toEqual(["a:1", "b:2"]);
  });

  test("when all are set aside they are used nevertheless, in turn", () => {
    const { rotation } = aRotation(["a:1", "b:2"]);
    rotation.setAside("a:1");
    rotation.setAside("b:2");
    expect(picks(rotation, 2).toSorted()).toEqual(["a:1", "b:2"]);
  });

  test("an address that stays keeps being set aside, one that came back does not", () => {
    const { rotation } = aRotation(["a:1", "b:2"]);
    rotation.setAside("a:1");
    rotation.replace(["a:1", "b:2", "c:3"]);
    expect(picks(rotation, 4)).not.toContain("a:1");
    rotation.replace(["b:2"]);
    rotation.replace(["a:1", "b:2"]);
    expect(picks(rotation, 2)).toContain("a:1");
  });

  test("an unknown address that failed leaves no trace", () => {
    const { rotation } = aRotation(["b:2"]);
    rotation.setAside("a:1");
    rotation.replace(["a:1", "b:2"]);
    expect(picks(rotation, 2)).toContain("a:1");
  });

  test("a whole number of rounds gives each live address the same share", () => {
    const lists = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(
        lists,
        fc.nat(9),
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (list, asideCount, rounds, draw) => {
          const { rotation } = aRotation(list, draw);
          const aside = list.slice(0, Math.min(asideCount, list.length - 1));
          for (const address of aside) rotation.setAside(address);
          const live = list.slice(aside.length);
          const expected = Array.from({ length: rounds }, () => live).flat();
          expect(picks(rotation, rounds * live.length).toSorted()).toEqual(expected.toSorted());
        },
      ),
    );
  });
});

describe("subsetOf", () => {
  test("is everything, once and in order, when there is room", () => {
    expect(subsetOf(["b", "a", "b"], { max: 2, rng: () => 0 })).toEqual(["b", "a"]);
  });

  test("has max members of the given, none twice, whatever is drawn", () => {
    const draws = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 20 }), draws, (list, max, draw) => {
        const chosen = subsetOf(list, { max, rng: () => draw.next().value });
        expect(new Set(chosen).size).toBe(Math.min(max, list.length));
        expect(list).toEqual(expect.arrayContaining([...chosen]));
      }),
    );
  });

  test("every member can be drawn", () => {
    const drawn = [0, 0.4, 0.9].map((draw) => subsetOf(["a", "b", "c"], { max: 1, rng: () => draw }));
    expect(drawn).toEqual([["a"], ["b"], ["c"]]);
  });
});

function aRotation(
  addresses: readonly string[],
  draw = 0,
): { rotation: Rotation; pass: (ms: number) => void } {
  let nowMs = 1_000;
  const rotation = new Rotation({ nowMs: () => nowMs, rng: () => draw });
  rotation.replace(addresses);
  return {
    rotation,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

function picks(rotation: Rotation, count: number): string[] {
  return Array.from({ length: count }, () => rotation.next() ?? "none");
}
