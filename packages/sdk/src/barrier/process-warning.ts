/** Warns through the process: on its standard error, unless the application listens to "warning". */
export function processWarning(message: string): void {
  process.emitWarning(message, { code: "LOCKSTEP_BARRIER" });
}
