import type { DtmBranchRequest } from "./gen/dtmgimp_pb.ts";
import { type JsonObject, knownMembers, parseJsonObject, textOf } from "./json-member.ts";
import { strippedGid } from "./stripped-gid.ts";

/** A request to register a branch, whatever door it comes through: parsed, and not yet checked for sense (protocol 1.5). */
export interface BranchRegistration {
  /** The gid of the transaction. */
  readonly gid: string;
  /** The mode of the transaction: one of `TRANS_TYPES`. */
  readonly transType: string;
  /** The branch's id: `01`, `02`, …; nested ones `0201`. */
  readonly branchId: string;
  /** The data of the branch, sent with each of its ops. */
  readonly payload: Uint8Array;
  /** What the mode asks for besides, by name: `confirm`, `cancel`, `url`, `op`, `status`; empty where not given. */
  readonly fields: Readonly<Record<RegistrationField, string>>;
}

/** The name of what one of the modes asks for in a registration. */
export type RegistrationField = "confirm" | "cancel" | "url" | "op" | "status";

const MEMBERS = new Set([
  "gid",
  "trans_type",
  "branch_id",
  "data",
  "confirm",
  "cancel",
  "url",
  "op",
  "status",
] as const);

/** Reads the HTTP body of registerBranch, whose members are all texts. @throws LockstepError `invalid_argument` */
export function parseBranchRegistration(body: string): BranchRegistration {
  const registration = registrationOfParams(parseJsonObject(body, "The body"));
  return { ...registration, gid: strippedGid(registration.gid) };
}

/** The same in the `params` of a JSON-RPC request, with the gid as it is. @throws LockstepError `invalid_argument` */
export function registrationOfParams(params: JsonObject): BranchRegistration {
  const members = knownMembers(params, MEMBERS);
  return {
    gid: textOf(members.gid, "gid"),
    transType: textOf(members.trans_type, "trans_type"),
    branchId: textOf(members.branch_id, "branch_id"),
    payload: new TextEncoder().encode(textOf(members.data, "data")),
    fields: fieldsOf((name) => textOf((members as JsonObject)[name], name)),
  };
}

/** The registration in a gRPC message. */
export function registrationOfMessage({
  Gid,
  TransType,
  BranchID,
  BusiPayload,
  Data,
}: DtmBranchRequest): BranchRegistration {
  return {
    gid: Gid,
    transType: TransType,
    branchId: BranchID,
    payload: BusiPayload,
    fields: fieldsOf((name) => (Object.hasOwn(Data, name) ? Data[name] : undefined) ?? ""),
  };
}

function fieldsOf(read: (name: RegistrationField) => string): BranchRegistration["fields"] {
  return {
    confirm: read("confirm"),
    cancel: read("cancel"),
    url: read("url"),
    op: read("op"),
    status: read("status"),
  };
}
