import type { LogLevel } from "../service/service-log.ts";
import type { Ports } from "./ports.ts";
import type { System } from "./system.ts";
export function startReal(_options: {
  ports: Ports;
  dataFolder: string;
  logLevel: LogLevel;
  env: Readonly<Record<string, string | undefined>>;
}): Promise<System> {
  throw new Error("not yet");
}
