/**
 * The name under which an rpc service's health service says how its cache is. The service's own name does not: without
 * its cache it is slower, and still one.
 */
export const CACHE_HEALTH = "cache";
