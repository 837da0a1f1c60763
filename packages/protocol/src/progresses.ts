import { create } from "@bufbuild/protobuf";
import type { TransactionView } from "./coordinator.ts";
import { type DtmProgressesReply, DtmProgressesReplySchema } from "./gen/dtmgimp_pb.ts";

/** A workflow and what its steps have come to, as the gRPC door answers them (protocol 2.1). */
export function progressesOf({ branches, transaction }: TransactionView): DtmProgressesReply {
  const { gid, status, rollback_reason: reason = "", result } = transaction;
  return create(DtmProgressesReplySchema, {
    Transaction: {
      Gid: gid,
      Status: status,
      RollbackReason: reason,
      Result: typeof result === "string" ? result : "",
    },
    Progresses: branches.map(({ branch_id, op, status: rowStatus, bin_data: data = "" }) => ({
      Status: rowStatus,
      BinData: Buffer.from(data, "base64"),
      BranchID: branch_id,
      Op: op,
    })),
  });
}
