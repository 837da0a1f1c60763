// Goal: the words that other languages' clients send and match are never "tidied" (protocol 0.2, 4.3).
import { expect, test } from "vitest";
import * as words from "./words.ts";

test("the words are dtm's", () => {
  expect({ ...words }).toEqual({
    TRANS_TYPES: ["saga", "tcc", "msg", "xa", "workflow"],
    GLOBAL_STATUSES: ["prepared", "submitted", "aborting", "succeed", "failed"],
    BRANCH_PROTOCOLS: ["http", "grpc", "json-rpc"],
    GID_CHARACTERS_MAX: 128,
    DEFAULT_HTTP_PORT: 36789,
    DEFAULT_GRPC_PORT: 36790,
    API_BASE_PATH: "/api/dtmsvr",
    META_FAILURE: "lockstep-failure-bin",
    META_GID: "dtm-gid",
    META_TRANS_TYPE: "dtm-trans_type",
    META_BRANCH_ID: "dtm-branch_id",
    META_OP: "dtm-op",
    META_DTM: "dtm-dtm",
    HEADER_CODE: "lockstep-code",
    HEADER_DETAIL: "lockstep-detail",
    HEADER_GID: "lockstep-gid",
    HEADER_STATUS: "lockstep-status",
  });
});
