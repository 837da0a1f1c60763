// For users. Semantic versioning applies.
export { accountsOfTarget } from "./account-of-target.ts";
export type { Addresses } from "./addresses.ts";
export { type Announcement, type AnnounceOptions, announce } from "./announce.ts";
export { Directory, type DirectoryOptions } from "./directory.ts";
export type { DiscoveryLog } from "./discovery-log.ts";
export type { EtcdAccount } from "./etcd-client.ts";
// For our own packages. May change in any release.
export {
  ADDRESS_ASIDE_MS,
  ADDRESSES_MAX,
  ANNOUNCE_WAIT_MS,
  EMPTY_LISTING_GRACE_MS,
  FIRST_LISTING_WAIT_MS,
  LEASE_TTL_S,
} from "./limits.ts";
export type { MonotonicMs, Rng } from "./rotation.ts";
export { type EtcdTarget, parseTarget, type StaticTarget, type Target } from "./target.ts";
