// Goal: registerBranch is read as dtm's clients send it (protocol 1.5, 2.1): nulls, unknown members and the members of
// old clients do no harm, and a value that is no text is refused.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { parseBranchRegistration, registrationOfMessage } from "./branch-registration.ts";
import { DtmBranchRequestSchema } from "./gen/dtmgimp_pb.ts";

const NOTHING = { confirm: "", cancel: "", url: "", op: "", status: "" };
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("over HTTP", () => {
  test("a tcc's branch, with what old clients send besides", () => {
    const body = JSON.stringify({
      branch_id: "01",
      cancel: "http://b/u",
      confirm: "http://b/c",
      data: '{"amount":30}',
      gid: "t1",
      trans_type: "tcc",
      try: "http://b/t",
      subType: null,
      url: null,
    });
    expect(parseBranchRegistration(body)).toEqual({
      gid: "t1",
      transType: "tcc",
      branchId: "01",
      payload: bytesOf('{"amount":30}'),
      fields: { ...NOTHING, cancel: "http://b/u", confirm: "http://b/c" },
    });
  });

  test("an xa's branch, with a gid whose line ends and semicolons are taken out, as in every body", () => {
    expect(
      parseBranchRegistration('{"gid":"x;\\n1","trans_type":"xa","branch_id":"01","url":"http://b/x"}'),
    ).toEqual({
      gid: "x1",
      transType: "xa",
      branchId: "01",
      payload: bytesOf(""),
      fields: { ...NOTHING, url: "http://b/x" },
    });
  });

  test.each([
    ["", "The body is empty"],
    ["[]", "The body must be a JSON object"],
    ['{"gid":1}', "gid must be a string, but is the number 1."],
    ['{"data":{}}', "data must be a string, but is an object."],
    ['{"confirm":["http://b"]}', "confirm must be a string, but is an array."],
    ['{"gid":"a"} x', "The body must be valid JSON."],
  ])("%s is refused", (body, sentence) => {
    expect(() => parseBranchRegistration(body)).toThrow(sentence);
  });
});

describe("over gRPC", () => {
  test("the URLs are in Data, the bytes in BusiPayload", () => {
    const message = create(DtmBranchRequestSchema, {
      Gid: "t1",
      TransType: "tcc",
      BranchID: "0201",
      Op: "read by nobody",
      Data: { confirm: "b:1/p.S/c", cancel: "b:1/p.S/u", more: "x" },
      BusiPayload: new Uint8Array([0, 255]),
    });
    expect(registrationOfMessage(message)).toEqual({
      gid: "t1",
      transType: "tcc",
      branchId: "0201",
      payload: new Uint8Array([0, 255]),
      fields: { ...NOTHING, confirm: "b:1/p.S/c", cancel: "b:1/p.S/u" },
    });
  });

  test("an empty message names nothing", () => {
    expect(registrationOfMessage(create(DtmBranchRequestSchema))).toMatchObject({ gid: "", fields: NOTHING });
  });
});
