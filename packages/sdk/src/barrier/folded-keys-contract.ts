/** What the barrier promises on a table that takes "k-case" and "K-CASE" for one text: they are two transactions all the same. */
import { expect, test } from "vitest";

/** One table that folds. */
export interface FoldedKeysTable {
  /** Calls an op, whose business leaves something; answers "ran" when it did. */
  call(gid: string, op: string): Promise<string | undefined>;
  /** Calls an action whose business commits in a way that no guard sees. */
  callEnding(gid: string): Promise<unknown>;
}

export function foldedKeysContract({ call, callEnding }: FoldedKeysTable): void {
  test("a key that folds to another one runs once, and is undone once", async () => {
    for (const gid of ["k-case", "K-CASE", "K-case"]) {
      expect(await call(gid, "action")).toBe("ran");
      expect(await call(gid, "action")).toBeUndefined();
    }
    for (const gid of ["K-CASE", "k-case", "K-case"]) {
      expect(await call(gid, "compensate")).toBe("ran");
      expect(await call(gid, "compensate")).toBeUndefined();
      expect(await call(gid, "action")).toBeUndefined();
    }
  });

  test("a null compensation beside a key that folds is one, and its late action does nothing", async () => {
    expect(await call("n-case", "action")).toBe("ran");
    expect(await call("N-CASE", "compensate")).toBeUndefined();
    expect(await call("N-CASE", "action")).toBeUndefined();
    expect(await call("n-case", "compensate")).toBe("ran");
    expect(await call("N-CASE", "compensate")).toBeUndefined();
  });

  test("a compensation that has only its own row new beside a key that folds runs once", async () => {
    expect(await call("c-case", "action")).toBe("ran");
    expect(await call("C-CASE", "action")).toBe("ran");
    expect(await call("c-case", "compensate")).toBe("ran");
    expect(await call("C-CASE", "compensate")).toBe("ran");
    expect(await call("c-case", "compensate")).toBeUndefined();
    expect(await call("C-CASE", "compensate")).toBeUndefined();
  });

  test("a business that ends its transaction marks its own row, and not one whose key folds", async () => {
    expect(await call("e-case", "action")).toBe("ran");
    await expect(callEnding("E-CASE")).rejects.toThrow(/ended within its business/);
    for (const op of ["action", "compensate"]) {
      await expect(call("E-CASE", op)).rejects.toThrow(/^An earlier call of E-CASE 01/);
    }
    expect(await call("e-case", "action")).toBeUndefined();
    expect(await call("e-case", "compensate")).toBe("ran");
    await expect(callEnding("e-CASE")).rejects.toThrow(/ended within its business/);
    expect(await call("e-case", "compensate")).toBeUndefined();
  });
}
