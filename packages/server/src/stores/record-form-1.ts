/**
 * Reads what version 0.1.0 stored. That version had one mode, the saga, whose branches have two ops. It stored
 * definition and branches in one frame, whose header has `steps: [{ action, compensate, bytes }]`, `concurrent` and
 * `orders`. Its progress held the ops, as `b`: [action, compensate] for each branch, with 0 for an op that was never
 * touched.
 */
import {
  type Asked,
  type Branch,
  type BranchProgress,
  branchIdOf,
  type Op,
  type OpProgress,
} from "../transaction/model.ts";
import { definitionOf, formOf, frameOf, opProgressOf, payloadsOf } from "./record.ts";
import { arrayOf, fieldsOf, numberOf, parseFields, textOf } from "./record-fields.ts";

/** Whether a stored definition is of form 1, with the branches inside. */
export function isForm1(definition: Uint8Array): boolean {
  return formOf(definition) === 1;
}

/** The definition and the branches in a frame of form 1. @throws CorruptRecord */
export function decodeForm1(bytes: Uint8Array): Asked {
  const { header, payloadsAt } = frameOf(bytes, "definition");
  const fields = parseFields(header, "definition");
  const steps = arrayOf(fields["steps"], "definition's steps").map((each) => {
    const step = fieldsOf(each, "step");
    return {
      action: textOf(step["action"], "step's action"),
      compensate: textOf(step["compensate"], "step's compensate"),
      payloadBytes: numberOf(step["bytes"], "payload's length"),
    };
  });
  const payloads = payloadsOf(bytes, payloadsAt, steps);
  const branches = steps.map(
    ({ action, compensate }, index): Branch => ({
      id: branchIdOf(index),
      urls: { compensate, action },
      payload: payloads[index] ?? new Uint8Array(),
    }),
  );
  return { definition: definitionOf(fields, { orders: fields["orders"] ?? {} }), branches };
}

/** The ops in a progress of form 1. @throws CorruptRecord */
export function decodeOpsOfForm1(progress: string): readonly BranchProgress[] {
  return arrayOf(parseFields(progress, "progress")["b"], "progress's steps").map((record): BranchProgress => {
    const [action, compensate] = arrayOf(record, "step's progress");
    const ops: Record<Op, OpProgress> = {};
    if (action !== 0) ops["action"] = opProgressOf(action);
    if (compensate !== 0) ops["compensate"] = opProgressOf(compensate);
    return ops;
  });
}
