// Runs in a project that has the packages from their tarballs: see smoke-project.ts.

import { once } from "node:events";
import { createServer } from "node:http";
import { Directory, parseTarget } from "@lockstep/discovery";
import { LockstepError as ProtocolError } from "@lockstep/protocol";
import { openCoordinator, VERSION } from "@lockstep/server";
import { Lockstep, LockstepError } from "lockstep";

if (ProtocolError !== LockstepError) throw new Error("there are two copies of @lockstep/protocol");
parseTarget("localhost:36790");
await new Directory().close();

const branch = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
await once(branch, "listening");
const at = branch.address();
if (at === null || typeof at === "string") throw new Error("a TCP server has a port");
const action = `http://127.0.0.1:${at.port}/`;

const coordinator = await openCoordinator({ store: "memory:" });
try {
  const saga = new Lockstep(coordinator).saga({ gid: "smoke" }).step({ action }).step({ action });
  const { gid }: { readonly gid: string } = await saga.submit({ wait: true });
  const status: string | undefined = (await coordinator.query(gid))?.transaction.status;
  if (status !== "succeed") throw new Error(`the saga is "${status}"`);
} finally {
  await coordinator.close();
  branch.close();
}
console.log(`lockstep ${VERSION}: a saga of two steps succeeded`);
