/** A key of dtm's that is accepted and does nothing here. */
export interface IgnoredKey {
  readonly path: string;
  /** dtm's default: only another value causes a warning. */
  readonly fallback: string;
  readonly unit?: string;
  /** Why the key does nothing, as the end of a sentence, which never shows the value. */
  readonly why: string;
}

const NO_DATABASE_SERVER = "the stores of this version, memory: and sqlite:PATH, are no database servers";
const NO_POOL = "the stores of this version need no connection pool";
const NOT_IN_DTM_EITHER = "it is read and not used, by dtm as well";
const NO_BATCHED_UPDATES = "Lockstep groups its writes by itself";
const STDERR_ONLY = "the log goes to stderr; let what starts Lockstep send it on";

/** Every key of dtm's that has no effect on Lockstep. */
export const IGNORED_KEYS: readonly IgnoredKey[] = [
  { path: "Store.Host", fallback: "", why: NO_DATABASE_SERVER },
  { path: "Store.Port", fallback: "", why: NO_DATABASE_SERVER },
  { path: "Store.User", fallback: "", why: NO_DATABASE_SERVER },
  { path: "Store.Password", fallback: "", why: NO_DATABASE_SERVER },
  { path: "Store.Db", fallback: "dtm", why: NO_DATABASE_SERVER },
  { path: "Store.Schema", fallback: "public", why: NO_DATABASE_SERVER },
  { path: "Store.MaxOpenConns", fallback: "500", why: NO_POOL },
  { path: "Store.MaxIdleConns", fallback: "500", why: NO_POOL },
  { path: "Store.ConnMaxLifeTime", fallback: "5", unit: "min", why: NO_POOL },
  {
    path: "Store.DataExpire",
    fallback: "604800",
    unit: "s",
    why: "a transaction that is not finished is never deleted, and Store.FinishedDataExpire is for the finished",
  },
  { path: "Store.RedisPrefix", fallback: "{a}", why: NO_DATABASE_SERVER },
  { path: "JsonRpcPort", fallback: "36791", why: NOT_IN_DTM_EITHER },
  { path: "HttpMicroService.Driver", fallback: "default", why: NOT_IN_DTM_EITHER },
  { path: "HttpMicroService.RegistryType", fallback: "", why: NOT_IN_DTM_EITHER },
  { path: "HttpMicroService.RegistryAddress", fallback: "", why: NOT_IN_DTM_EITHER },
  { path: "HttpMicroService.RegistryOptions", fallback: "{}", why: NOT_IN_DTM_EITHER },
  { path: "HttpMicroService.Target", fallback: "", why: NOT_IN_DTM_EITHER },
  { path: "HttpMicroService.EndPoint", fallback: "", why: NOT_IN_DTM_EITHER },
  { path: "UpdateBranchSync", fallback: "1", why: NO_BATCHED_UPDATES },
  { path: "UpdateBranchAsyncGoroutineNum", fallback: "1", why: NO_BATCHED_UPDATES },
  { path: "Log.Outputs", fallback: "stderr", why: STDERR_ONLY },
  { path: "Log.RotationEnable", fallback: "0", why: STDERR_ONLY },
  { path: "Log.RotationConfigJSON", fallback: "{}", why: STDERR_ONLY },
  { path: "TimeZoneOffset", fallback: "", unit: "h", why: "every time that Lockstep stores or shows is UTC" },
  {
    path: "ConfigUpdateInterval",
    fallback: "3",
    unit: "s",
    why: "it is for topics, which this version does not offer",
  },
  { path: "AdminBasePath", fallback: "", why: "this version has no console" },
  {
    path: "GrpcServiceConfig",
    fallback: '{"loadBalancingConfig": [{"round_robin":{}}]}',
    why: "calls of gRPC branches always go round the live addresses in turn",
  },
];

/** dtm's switch that has no key in the file, only an environment variable. */
export const IGNORED_VARIABLES: readonly { readonly env: string; readonly why: string }[] = [
  { env: "IS_DOCKER", why: "localhost in a branch's URL always means the coordinator's own machine" },
];
