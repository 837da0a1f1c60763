// Goal: a page of another site cannot use the coordinator, and a caller that is no browser notices nothing.
// Method: a table of what browsers and other clients send, for a door that only this machine reaches and for an open one.
import { expect, test } from "vitest";
import { problemOfSite } from "./foreign-site.ts";
import { OurHosts } from "./our-hosts.ts";

const LOCAL = new OurHosts({ listen: "127.0.0.1", listed: ["dtm.example"] });
const OPEN = new OurHosts({ listen: "0.0.0.0", listed: ["dtm.example"] });

const FIREFOX = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
const LOCALHOST = "localhost:36789";

type Row = readonly [what: string, authority: string | undefined, headers: Record<string, string>];

function problemOf(ours: OurHosts, [, authority, headers]: Row): string | undefined {
  return problemOfSite({ authority, header: (name) => headers[name] }, ours)?.message;
}

const REFUSED: readonly Row[] = [
  ["a page elsewhere", LOCALHOST, { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
  ["its Origin alone", LOCALHOST, { origin: "https://evil.example" }],
  ["its Sec-Fetch-Site alone", LOCALHOST, { "sec-fetch-site": "cross-site" }],
  ["Sec-Fetch-Site twice", LOCALHOST, { "sec-fetch-site": "same-origin, cross-site" }],
  ["a word that Sec-Fetch-Site does not have yet", LOCALHOST, { "sec-fetch-site": "Cross-Site" }],
  ["a page in a sandbox", LOCALHOST, { origin: "null" }],
  ["a page of an extension", LOCALHOST, { origin: "chrome-extension://localhost" }],
  ["an Origin that is none", LOCALHOST, { origin: "localhost" }],
  ["two Origins", LOCALHOST, { origin: "http://localhost, https://evil.example" }],
  ["an Origin that looks like ours", LOCALHOST, { origin: "http://localhost.evil.example" }],
  ["an Origin with a user that looks like ours", LOCALHOST, { origin: "http://localhost@evil.example" }],
  ["a page of another port of another machine", "10.0.0.5:36789", { origin: "http://localhost:3000" }],
  ["a page of another address", "127.0.0.1:36789", { origin: "http://10.0.0.5" }],
  ["a rebound name", "evil.example:36789", FIREFOX],
  [
    "a rebound name whose page sends what it may",
    "evil.example",
    { "accept-language": "de", "user-agent": "x" },
  ],
  ["a rebound name and its Origin", "evil.example:36789", { origin: "http://evil.example:36789" }],
  ["a rebound name that says same-origin", "evil.example", { "sec-fetch-site": "same-origin" }],
  ["a rebound name that ends in ours", "evil-dtm.example", FIREFOX],
  ["a rebound name that begins with ours", "localhost.evil.example", FIREFOX],
  ["a rebound name with an address in it", "127.0.0.1.evil.example:36789", FIREFOX],
  ["a host with a user", "localhost@evil.example", {}],
  ["a host with a path", "localhost/evil.example", {}],
  ["two hosts", "localhost, evil.example", {}],
];

test.for(REFUSED)("%s is refused at %s", (row) => {
  expect(problemOf(LOCAL, row)).toMatch(/^\S.*\.$/);
  expect(problemOf(OPEN, row)).toMatch(/^\S.*\.$/);
});

test("a name that is not ours is refused at a door that only this machine reaches, whoever asks", () => {
  const row: Row = ["", "evil.example:36789", { "user-agent": "curl/8.5.0" }];
  expect(problemOf(LOCAL, row)).toContain("evil.example");
  expect(problemOf(OPEN, row)).toBeUndefined();
});

const TAKEN: readonly Row[] = [
  ["curl", LOCALHOST, { "user-agent": "curl/8.5.0", accept: "*/*" }],
  ["a Go client", "127.0.0.1:36789", { "user-agent": "go-resty/2.7.0", "accept-encoding": "gzip" }],
  ["Node's fetch", "[::1]:36789", { "sec-fetch-mode": "cors", "accept-language": "*", "user-agent": "node" }],
  ["a client of HTTP/1.0", undefined, {}],
  ["a client that sends an empty Host", "", {}],
  ["another spelling of localhost", "LocalHost.:36789", {}],
  ["a name below localhost", "lockstep.localhost", {}],
  ["a container's name", "lockstep:36789", { "user-agent": "go-resty/2.7.0" }],
  ["an address behind a forwarded port", "10.0.0.5:36789", {}],
  ["a key of the registry", "dtmservice", { "user-agent": "grpc-go/1.56.3" }],
  ["a name that is listed", "DTM.example:80", { "user-agent": "go-resty/2.7.0" }],
  ["a person who types the address", LOCALHOST, { ...FIREFOX, "sec-fetch-site": "none" }],
  [
    "a page of the coordinator",
    LOCALHOST,
    { origin: "http://localhost:36789", "sec-fetch-site": "same-origin" },
  ],
  [
    "a page of another port of localhost",
    LOCALHOST,
    { origin: "http://localhost:5173", "sec-fetch-site": "same-site" },
  ],
  ["such a page through its server", "127.0.0.1:36789", { origin: "http://localhost:5173" }],
  [
    "a listed page through a proxy",
    "10.0.0.5:36789",
    { origin: "https://dtm.example", "sec-fetch-site": "same-origin" },
  ],
  ["a person at a listed name", "dtm.example", FIREFOX],
];

test.for(TAKEN)("%s is taken at %s", (row) => {
  expect(problemOf(LOCAL, row)).toBeUndefined();
  expect(problemOf(OPEN, row)).toBeUndefined();
});

test("the address that the door listens on is ours", () => {
  const named = new OurHosts({ listen: "Dtm.corp.example", listed: [] });
  expect(problemOf(named, ["", "dtm.corp.example:36789", FIREFOX])).toBeUndefined();
  expect(problemOf(named, ["", "corp.example:36789", FIREFOX])).toContain("corp.example");
});
