/**
 * user-rpc that dies of SIGKILL between its first commit and its answer, for the tests. The service itself knows
 * nothing of this: what dies is wrapped around its store.
 */
import { runService } from "../src/service/run-service.ts";
import { openUserStore, parseUserRpcConfig, startUserRpc, USER_RPC } from "../src/user-rpc/user-rpc.ts";
import type { UserStore } from "../src/user-rpc/user-store.ts";

function crashingAfterCommit(store: UserStore): UserStore {
  return {
    insert: async (barrier, user) => {
      await store.insert(barrier, user);
      process.kill(process.pid, "SIGKILL");
      await new Promise(() => undefined); // The answer must not leave before the signal has come.
    },
    remove: (barrier, id) => store.remove(barrier, id),
    findById: (id) => store.findById(id),
    findByName: (name) => store.findByName(name),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}

await runService({
  name: USER_RPC,
  parseConfig: parseUserRpcConfig,
  start: (config, log) =>
    startUserRpc(config, log, {
      openStore: async (config, log) => crashingAfterCommit(await openUserStore(config, log)),
    }),
});
