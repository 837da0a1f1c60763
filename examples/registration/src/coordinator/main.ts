import { runService } from "../service/run-service.ts";
import { COORDINATOR, parseCoordinatorConfig, startCoordinator } from "./coordinator.ts";

await runService({ name: COORDINATOR, parseConfig: parseCoordinatorConfig, start: startCoordinator });
