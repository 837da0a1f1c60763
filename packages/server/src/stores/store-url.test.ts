// Goal: a store URL means the same wherever it is set, and a refusal never repeats the URL.
import { describe, expect, test } from "vitest";
import { parseStoreUrl, STORES_OFFERED } from "./store-url.ts";

describe("a URL names a store", () => {
  test.for([
    ["memory:", { kind: "memory", url: "memory:" }],
    ["MEMORY://", { kind: "memory", url: "memory:" }],
    ["sqlite:x.db", { kind: "sqlite", url: "sqlite:x.db", path: "x.db" }],
    ["SQLite:./a b?#%20.db", { kind: "sqlite", url: "sqlite:./a b?#%20.db", path: "./a b?#%20.db" }],
    ["sqlite:/var/lib/x.db", { kind: "sqlite", url: "sqlite:/var/lib/x.db", path: "/var/lib/x.db" }],
    ["sqlite:///var/lib/x.db", { kind: "sqlite", url: "sqlite:/var/lib/x.db", path: "/var/lib/x.db" }],
    ["sqlite:a:b\nc.db", { kind: "sqlite", url: "sqlite:a:b\nc.db", path: "a:b\nc.db" }],
  ] as const)("%j", ([text, store]) => {
    expect(parseStoreUrl(text)).toEqual(store);
    expect(parseStoreUrl(store.url)).toEqual(store);
  });
});

const A_FILE = "is not a store URL; a file needs sqlite: before its path, as in sqlite:lockstep.db";

describe("a URL is refused", () => {
  test.for([
    ["", "is not a store URL"],
    ["lockstep.db", A_FILE],
    ["./a b.db", A_FILE],
    ["/var/lib/lockstep.db", A_FILE],
    ["C:\\lockstep.db", A_FILE],
    ["secret:x", "is not a store URL"],
    ["memory:somewhere", "has something after memory:, and a store in memory has no address"],
    ["sqlite:", "has no path"],
    ["sqlite::memory:", "is spelled memory: here"],
    ["sqlite:a\0b", "has a path that no file can have"],
    ["sqlite:///a\0b", "has a path that no file can have"],
    ["sqlite://host/x.db", "names a host"],
    ["sqlite:////host/x.db", "names a host"],
    ["postgres://root:secret@db/lockstep", "names a store that is not supported yet (postgres)"],
    ["mysql://root:secret@db/lockstep", "names a store that is not supported yet (mysql)"],
    ["Redis://secret@db", "names a store that is not supported yet (Redis)"],
  ] as const)("%j %s", ([text, problem]) => {
    const parsed = parseStoreUrl(text);
    expect(parsed).toEqual({ kind: "problem", problem: `${problem}; ${STORES_OFFERED}` });
    expect(JSON.stringify(parsed)).not.toMatch(/secret|host\//);
  });
});
