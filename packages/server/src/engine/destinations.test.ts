// Goal: a destination gives so many turns and no more, in the order of asking, and leaves nothing behind (I9).
import { describe, expect, test } from "vitest";
import { Destinations } from "./destinations.ts";

describe("turns", () => {
  test("as many as allowed, then in line, first come first served", () => {
    const destinations = new Destinations({ callsPerDestinationMax: 2 });
    const granted: string[] = [];
    expect([destinations.enter("a"), destinations.enter("a"), destinations.enter("a")]).toEqual([
      true,
      true,
      false,
    ]);
    const noting = (name: string) => () => granted.push(name) > 0;
    destinations.wait("a", noting("first"));
    const stepOut = destinations.wait("a", noting("second"));
    destinations.wait("a", noting("third"));
    expect(destinations.waitingFor("a")).toBe(3);
    expect(destinations.enter("b")).toBe(true);
    stepOut();
    destinations.leave("a");
    destinations.leave("a");
    expect(granted).toEqual(["first", "third"]);
    // Both turns went on to calls in the line.
    expect(destinations.enter("a")).toBe(false);
    destinations.leave("a");
    expect(destinations.enter("a")).toBe(true);
  });

  test("a turn that the next does not use goes on to the one behind it, however long the line", () => {
    const destinations = new Destinations({ callsPerDestinationMax: 1 });
    destinations.enter("a");
    for (let i = 0; i < 20_000; i += 1) destinations.wait("a", () => false);
    let isGranted = false;
    destinations.wait("a", () => {
      isGranted = true;
      return true;
    });
    destinations.leave("a");
    expect({ isGranted, waiting: destinations.waitingFor("a") }).toEqual({ isGranted: true, waiting: 0 });
    destinations.leave("a");
    expect(destinations.enter("a")).toBe(true);
  });

  test("a turn that nobody had cannot be given back", () => {
    const destinations = new Destinations({ callsPerDestinationMax: 2 });
    expect(() => destinations.leave("a")).toThrow("who leaves has had a turn");
  });
});
