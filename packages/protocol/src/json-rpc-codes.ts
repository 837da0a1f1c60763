/**
 * Codes of JSON-RPC errors (protocol 3, 4.4). The last two are dtm's words for its results: a branch refuses with the
 * one, and still works with the other. The coordinator answers its callers with both; dtm's answers ONGOING with
 * `internalError`, by which nobody can tell it from a fault.
 */
export const JSON_RPC_CODES = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  internalError: -32_603,
  failure: -32_901,
  ongoing: -32_902,
} as const;
