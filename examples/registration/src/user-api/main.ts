import { runService } from "../service/run-service.ts";
import { parseUserApiConfig } from "./config.ts";
import { startUserApi, USER_API } from "./user-api.ts";

await runService({ name: USER_API, parseConfig: parseUserApiConfig, start: startUserApi });
