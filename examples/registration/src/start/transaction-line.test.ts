import { expect, test } from "vitest";
import { type ToldTransaction, transactionLine } from "./transaction-line.ts";

const gid = "01890a5d-ac96-774b-bcce-b302099a8057";
const op = (op: string, url: string, status: string) => ({ branchId: "01", op, url, status });
const registration = (status: string, scoreAction: string): ToldTransaction => ({
  gid,
  status,
  reason: "",
  ops: [
    op("compensate", "h:1/user.User/saveUserWithPasswordCallback", "prepared"),
    op("action", "h:1/user.User/saveUserWithPassword?a=/b", "succeed"),
    op("compensate", "h:2/score.UserScore/saveUserScoreCallback", "prepared"),
    op("action", "h:2/score.UserScore/saveUserScore", scoreAction),
  ],
});
const refused = (words: string): ToldTransaction => ({
  ...registration("failed", "failed"),
  reason: `url:h:2/score.UserScore/saveUserScore return failed: ${words} FAILURE`,
});

const COLUMNS = 80;
const line = (transaction: ToldTransaction) =>
  transactionLine(transaction, { columns: COLUMNS, paint: (colour, text) => `${colour}|${text}` });

test.for([
  ["its methods", registration("succeed", "succeed"), `green|✓ ${gid} saveUserWithPassword, saveUserScore`],
  ["its reason", refused("the id 7 is taken"), `red|✗ ${gid} the id 7 is taken`],
  ["what it waits for", registration("submitted", "prepared"), `yellow|… ${gid} waits for saveUserScore`],
  [
    "which undo it waits for",
    registration("aborting", "failed"),
    `yellow|… ${gid} waits for saveUserWithPasswordCallback`,
  ],
  [
    "a time-out",
    { ...refused(""), reason: "Timeout after 30 seconds" },
    `red|✗ ${gid} Timeout after 30 seconds`,
  ],
] as const)("a transaction is told with %s", ([, transaction, told]) => {
  expect(line(transaction)).toBe(told);
});

test("it is one line, in the columns that there are", () => {
  const told = line(refused(`the name\n\u001b[31m ${"x".repeat(100)}`)).replace("red|", "");
  expect([...told]).toHaveLength(COLUMNS);
  expect(told).toMatch(/^✗ \S+ the name {2}\[31m x+…$/);
});
