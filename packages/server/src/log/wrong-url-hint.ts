/** What to look at when a call fails as it does with a wrong URL, by the status or the error that its detail names. */
const HINTS: ReadonlyArray<readonly [seen: RegExp, hint: string]> = [
  [/\bENOTFOUND\b/, "no host has this name: compare the host in the URL"],
  [/: HTTP 404\b/, "the service does not know this path: compare the path in the URL"],
  [
    /: HTTP 405\b/,
    "the service takes another method at this path: Lockstep sends POST, and GET for an empty payload",
  ],
  [/: HTTP 401\b/, "the service wants to know who calls: give branch_headers, or compare the URL"],
  [/: HTTP 415\b/, "the service does not take JSON at this path: compare the URL, and what the path takes"],
  [
    /\bgRPC UNIMPLEMENTED\b/,
    "the service does not have this method: compare package.Service/Method in the URL",
  ],
];

/** The hint for the detail of a call; undefined where it does not look like a wrong URL. */
export function wrongUrlHintOf(detail: string): string | undefined {
  return HINTS.find(([seen]) => seen.test(detail))?.[1];
}
