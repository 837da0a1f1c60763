import {
  type BranchRegistration,
  encodeWorkflowData,
  isHttpUrl,
  parseWorkflowCustomData,
  quotedText,
  type TransactionRequest,
} from "@lockstep/protocol";
import type { Branch } from "../../../transaction/model.ts";
import {
  BRANCH_ID_CHARACTERS_MAX,
  WORKFLOW_CALL_BACK_MS,
  WORKFLOW_RESULT_CHARACTERS_MAX,
} from "../../limits.ts";
import type { BranchContent, ModeContent, ReadingTerms, RequestReader } from "../request-reader.ts";

/** How the requests of a workflow are read (protocol 1.4, 1.5, 1.8). */
export const WORKFLOW_READER: RequestReader = { transaction: readWorkflow, branch: readRow };

/** Both ends that a workflow may come to, and both outcomes that a row may have. */
const ENDS = ["succeed", "failed"] as const;
type End = (typeof ENDS)[number];

/** Visible ASCII: a caller called back over gRPC gets the name as metadata. */
const NAME = /^[\x21-\x7e]+$/;

/** A prepare has `custom_data` and the URL to call back; a submit has the end in `req_extra`. */
function readWorkflow(request: TransactionRequest, terms: ReadingTerms): ModeContent {
  if (request.steps.length > 0)
    terms.refuse("a workflow has no steps; what its steps came to is registered.");
  const { reqExtra } = request;
  return Object.hasOwn(reqExtra, "status") ? readEnd(reqExtra, terms) : readStart(request, terms);
}

function readStart(request: TransactionRequest, { refuse }: ReadingTerms): ModeContent {
  const { customData, options, protocol, queryPrepared } = request;
  if (customData === "") {
    refuse(
      "a prepareWorkflow needs custom_data with the name of the workflow, and a submit req_extra with its status.",
    );
  }
  const { name, data } = parseWorkflowCustomData(customData);
  if (!NAME.test(name) || name.length > BRANCH_ID_CHARACTERS_MAX) {
    refuse(
      `custom_data.name is ${quotedText(name)}; it must have 1 to ${BRANCH_ID_CHARACTERS_MAX} visible ASCII characters.`,
    );
  }
  const isOverHttp = protocol !== "grpc" || isHttpUrl(queryPrepared);
  const caller: Branch = {
    id: "00",
    urls: { [name]: queryPrepared },
    payload: isOverHttp ? data : encodeWorkflowData(data),
  };
  const ownMs = options.retryIntervalS * 1_000;
  return {
    branches: [caller],
    placeOf: () => "query_prepared",
    concurrent: false,
    settings: { callBackAfterMs: ownMs > 0 ? ownMs : WORKFLOW_CALL_BACK_MS },
  };
}

function readEnd(reqExtra: TransactionRequest["reqExtra"], { refuse }: ReadingTerms): ModeContent {
  const status = endOf(textIn(reqExtra, "status"));
  if (status === undefined) {
    return refuse(
      `req_extra.status is ${quotedText(textIn(reqExtra, "status"))}; it must be succeed or failed.`,
    );
  }
  const result = textIn(reqExtra, "result");
  if (result.length > WORKFLOW_RESULT_CHARACTERS_MAX) {
    refuse(
      `req_extra.result is longer than ${WORKFLOW_RESULT_CHARACTERS_MAX} characters; store it elsewhere, and answer where it is.`,
    );
  }
  return {
    branches: [],
    placeOf: () => "",
    concurrent: false,
    settings: { decision: { status, reason: textIn(reqExtra, "rollback_reason") } },
    ...(result === "" ? {} : { result }),
  };
}

/** A row: an op that the caller's own process has called, and what it came to. */
function readRow(
  { fields: { op, status }, payload }: BranchRegistration,
  refuse: ReadingTerms["refuse"],
): BranchContent {
  if (!NAME.test(op) || op.length > BRANCH_ID_CHARACTERS_MAX) {
    refuse(
      `op is ${quotedText(op)}; it must have 1 to ${BRANCH_ID_CHARACTERS_MAX} visible ASCII characters.`,
    );
  }
  const end = endOf(status);
  if (end === undefined) return refuse(`status is ${quotedText(status)}; it must be succeed or failed.`);
  return { urls: { [op]: "" }, payload, status: end };
}

function endOf(text: string): End | undefined {
  return ENDS.find((word) => word === text);
}

function textIn(texts: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(texts, name) ? texts[name] : undefined) ?? "";
}
