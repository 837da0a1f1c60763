import { runService } from "../service/run-service.ts";
import { parseUserRpcConfig, startUserRpc, USER_RPC } from "./user-rpc.ts";

await runService({ name: USER_RPC, parseConfig: parseUserRpcConfig, start: startUserRpc });
