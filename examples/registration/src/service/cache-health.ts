/**
 * The name under which an rpc service's health service reports its cache. The service's own name does not depend on the
 * cache: without it the service is slower, but works.
 */
export const CACHE_HEALTH = "cache";
