// Goal: the doors refuse a URL that can never be called, with a sentence, and let in all others.
// Method: a table of URLs; fast-check draws credentials, which no refusal may repeat.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders that nobody filled in are what is tested.
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkBranchUrl } from "./branch-url-check.ts";

test.for([
  ["http", ""],
  ["grpc", ""],
  ["http", "http://localhost:8080/a"],
  ["http", "https://user.example/a?x=@1#f"],
  ["http", "HTTP://h"],
  ["http", "http://[::1]:8080/a b/ü"],
  ["http", "http://169.253.0.1/a"],
  ["http", "http://169.254.example/a"],
  ["http", "http://[fec0::1]/a"],
  ["http", "http://metadata/a"],
  ["http", "http://192.0.0.193/a"],
  ["http", "http://[64:ff9b::a00:1]/a"],
  ["http", "http://[2001:db8::a9fe:1]/a"],
  ["http", "http://user_rpc:8080/{{not a host}}"],
  ["grpc", "10.169.254.1:1/a.B/M"],
  ["grpc", "http://h/a"],
  ["grpc", "localhost:8080/user.User/saveUser"],
  ["grpc", "[::1]:8080/user.User/saveUser"],
  ["grpc", "h1:1,h2:2/user.User/saveUser"],
  ["grpc", "direct:///10.0.0.1:8080,10.0.0.2:8080/user.User/Save"],
  ["grpc", "etcd://h1:2379,h2:2379/user.rpc/user.User/Save"],
  ["grpc", "discov://h1:2379/user.rpc/user.User/Save"],
  ["json-rpc", "http://h/rpc"],
  ["json-rpc", "http://h/rpc?method=add"],
  ["json-rpc", "localhost:8080/user.User/saveUser"],
] as const)("%s %j may be called", ([protocol, url]) => {
  expect(checkBranchUrl(url, protocol)).toBeUndefined();
});

test.for([
  ["http", "localhost:8080/a", "is not http(s)://"],
  ["http", "ftp://h/a", "is not http(s)://"],
  ["http", "nacos://svc/a", "is not http(s)://"],
  ["http", " http://h/a", "is not http(s)://"],
  ["http", "/a", "is not http(s)://"],
  ["http", "http://", "names no host"],
  ["http", "http:///a", "names no host"],
  ["http", "http://h:99999/a", "cannot exist"],
  ["http", "http://a b/c", "cannot exist"],
  ["http", "http://good\\evil.example/", "cannot exist"],
  ["http", "http://[::1/a", "cannot exist"],
  ["http", "http://user:secret@h/a", "contains credentials"],
  ["grpc", "https://user:secret@h/a", "contains credentials"],
  ["json-rpc", "http://h/method", "names no method"],
  ["json-rpc", "http://169.254.169.254/rpc?method=add", "link-local"],
  ["json-rpc", "http://user:secret@h/rpc?method=add", "contains credentials"],
  ["grpc", "localhost:8080", "is not one of gRPC"],
  ["grpc", "localhost:8080/", "is not one of gRPC"],
  ["grpc", "localhost:8080/saveUser", "not just package.Service/Method"],
  ["grpc", "localhost:8080/a.B/Ü", "not just package.Service/Method"],
  ["grpc", "direct:///h:1/a.B/%0d%0aM", "not just package.Service/Method"],
  ["grpc", "localhost/user.User/saveUser", "names no address"],
  ["grpc", "localhost:0/user.User/saveUser", "names no address"],
  ["grpc", "etcd://h/user.rpc/user.User/Save", "names no address"],
  ["grpc", "etcd://h:2379/user.User/Save", "not just package.Service/Method"],
  ["grpc", "etcd://h:2379/a/user.rpc/user.User/Save", "not just package.Service/Method"],
  ["grpc", "h:2379/user.User/Save/more", "not just package.Service/Method"],
  ["grpc", "k8s://ns/svc:8080/user.User/Save", 'the unknown scheme "k8s"'],
  ["grpc", "topic://orders", 'the unknown scheme "topic"'],
  ["http", "http://{{host}}/pay", "cannot exist"],
  ["http", "https://${HOST}/", "cannot exist"],
  ["http", "http://$HOST:8080/pay", "cannot exist"],
  ["http", "http://%7B%7Bhost%7D%7D/", "cannot exist"],
  ["http", "http://<host>/", "cannot exist"],
  ["http", "http://h:{{port}}/", "cannot exist"],
  ["http", "http://h:0/", "cannot exist"],
  ["http", "http://a..b/", "cannot exist"],
  ["http", "http://*/", "cannot exist"],
  ["http", "http://239.1.1.1/", "cannot exist"],
  ["http", "http://[ff02::1]/", "cannot exist"],
  ["grpc", "{{host}}:8080/a.B/M", "names no address"],
  ["grpc", "${HOST}/a.B/M", "names no address"],
  ["grpc", "direct:///h:1,{{host}}:1/a.B/M", "names no address"],
  ["grpc", "etcd://${ETCD}:2379/user.rpc/a.B/M", "names no address"],
  ["http", "http://169.254.169.254/latest/meta-data", "link-local or metadata"],
  ["http", "http://169.254.0.1:8080", "link-local or metadata"],
  ["http", "http://0xa9fea9fe/a", "link-local or metadata"],
  ["http", "http://2852039166/a", "link-local or metadata"],
  ["http", "http://[::ffff:169.254.169.254]/a", "link-local or metadata"],
  ["http", "https://[fe80::1]:8443/a", "link-local or metadata"],
  ["http", "http://[FEBF::1]/a", "link-local or metadata"],
  ["http", "http://[fd00:ec2::254]/a", "link-local or metadata"],
  ["http", "http://100.100.100.200/a", "link-local or metadata"],
  ["http", "http://Metadata.Google.Internal./a", "link-local or metadata"],
  ["grpc", "http://metadata.google.internal:80/a", "link-local or metadata"],
  ["http", "http://168.63.129.16/a", "link-local or metadata"],
  ["http", "http://192.0.0.192/a", "link-local or metadata"],
  ["http", "http://169.254.169.254./a", "link-local or metadata"],
  ["http", "http://0250.077.0201.020/a", "link-local or metadata"],
  ["http", "http://[::ffff:a83f:8110]/a", "link-local or metadata"],
  ["http", "http://[::169.254.1.1]/a", "link-local or metadata"],
  ["http", "http://[64:ff9b::a9fe:a9fe]/a", "link-local or metadata"],
  ["http", "http://[64:FF9B::192.0.0.192]:80/a", "link-local or metadata"],
  ["http", "http://[2002:a9fe:a9fe::1]/a", "link-local or metadata"],
  ["http", "http://[fd00:c1::a9fe:a9fe]/a", "link-local or metadata"],
  ["http", "http://instance-data/latest", "link-local or metadata"],
  ["grpc", "169.254.169.254:80/a.B/M", "link-local or metadata"],
  ["grpc", "169.254.169.254.:80/a.B/M", "link-local or metadata"],
  ["grpc", "[64:ff9b::a9fe:a9fe%eth0]:80/a.B/M", "link-local or metadata"],
  ["grpc", "direct:///h:1,[2002:c000:c0::]:80/a.B/M", "link-local or metadata"],
  ["grpc", "2852039166:80/a.B/M", "link-local or metadata"],
  ["grpc", "[fe80::1%eth0]:80/a.B/M", "link-local or metadata"],
  ["grpc", "direct:///h:1,169.254.1.1:1/a.B/M", "link-local or metadata"],
  ["grpc", "etcd://metadata.google.internal:80/key/a.B/M", "link-local or metadata"],
  ["grpc", "user:secret@h:1/a.B/M", "contains credentials"],
  ["grpc", "etcd://user:secret@h:2379/user.rpc/a.B/M", "contains credentials; leave them out"],
] as const)("%s %j is refused: %s", ([protocol, url, why]) => {
  const sentence = checkBranchUrl(url, protocol);
  expect(sentence).toContain(why);
  expect(sentence).not.toContain("secret");
});

test("a query is not said back, and a long URL is cut", () => {
  expect(checkBranchUrl("ftp://h/a?token=secret", "http")).toMatch(/^The branch URL "ftp:\/\/h\/a" is not/);
  expect(checkBranchUrl(`ftp://${"h".repeat(5_000)}`, "http")?.length).toBeLessThan(400);
});

test("credentials are refused and not said back, wherever the URL leads", () => {
  const hosts = fc.constantFrom("h", "h:1", "[::1]:2", "h:1/a.B/C", "h:2379/user.rpc/a.B/C");
  const schemes = fc.constantFrom("http://", "https://", "etcd://", "discov://", "");
  fc.assert(
    fc.property(schemes, hosts, fc.constantFrom("http", "grpc"), (scheme, host, protocol) => {
      const sentence = checkBranchUrl(`${scheme}us-er:s3cret@${host}`, protocol);
      expect(sentence).toBeDefined();
      expect(sentence).not.toMatch(/us-er|s3cret/);
    }),
  );
});

test("any text is answered, and what is let in names a host", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom("http", "grpc", "json-rpc"),
      (url, protocol) => {
        const sentence = checkBranchUrl(url, protocol);
        if (sentence === undefined && url !== "") expect(url).toMatch(/^https?:\/\/[^/]|:\d+\//i);
      },
    ),
    { numRuns: 2_000 },
  );
});
