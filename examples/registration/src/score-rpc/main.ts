import { runService } from "../service/run-service.ts";
import { parseScoreRpcConfig, SCORE_RPC, startScoreRpc } from "./score-rpc.ts";

await runService({ name: SCORE_RPC, parseConfig: parseScoreRpcConfig, start: startScoreRpc });
