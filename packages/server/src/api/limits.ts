/**
 * Limits of what the doors take. Passing one is the caller's error, said at the door, and nothing is stored.
 * Those of a gid are in protocol, and those of a stored transaction in `../transaction/limits.ts`.
 */
import { invariant } from "../transaction/invariant.ts";
import { TIMER_MS_MAX } from "../transaction/limits.ts";

/** One HTTP body. The same as gRPC's, so that a transaction fits through every door or through none. */
export const HTTP_BODY_BYTES_MAX = 4 * 1024 * 1024;

/** One gRPC message; the default of every gRPC implementation. */
export const GRPC_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Branches of one transaction. Its progress is written as one record, which grows with them. */
export const STEPS_MAX = 1_000;

/** One branch URL as its calls send it; what HTTP servers in the field take as a request line. */
export const URL_BYTES_MAX = 8_192;

/** All `branch_headers` as a call sends them. */
export const BRANCH_HEADERS_BYTES_MAX = 8 * 1024;

/** How many there may be: servers in the field take 100 (Tomcat, Apache) or 128 (Node, gRPC), with ours and a proxy's. */
export const BRANCH_HEADERS_MAX = 64;

/**
 * URL and headers together. Node's HTTP server takes 16 KiB for all that stands before the body; a branch that is
 * called with more answers 431 for ever. The rest is for headers of ours and of what lies between.
 */
export const BRANCH_HEAD_BYTES_MAX = 15 * 1024;

/** `custom_data`: settings of a transaction, not its data. */
export const CUSTOM_DATA_CHARACTERS_MAX = 65_536;

/** `timeout_to_fail`: ten years. */
export const TIMEOUT_TO_FAIL_S_MAX = 10 * 365 * 24 * 3_600;

/** `request_timeout`: a day. */
export const REQUEST_TIMEOUT_S_MAX = 24 * 3_600;

/** `retry_interval`: a week. */
export const RETRY_INTERVAL_S_MAX = 7 * 24 * 3_600;

/** `retry_limit`. */
export const RETRY_LIMIT_MAX = 1_000_000;

invariant(REQUEST_TIMEOUT_S_MAX * 1_000 <= TIMER_MS_MAX, "a branch call's time limit must fit a timer");
invariant(RETRY_INTERVAL_S_MAX * 1_000 <= TIMER_MS_MAX, "a retry interval must fit a timer");

/** Rows in a page of `all` when the caller does not say, as dtm's. */
export const PAGE_ROWS_DEFAULT = 100;

/** Rows in a page of `all` at most. */
export const PAGE_ROWS_MAX = 1_000;

/**
 * What a page of `all` reads from the store at most, about: it ends early where its rows hold more, and says where the
 * next page begins.
 */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** How long a client may take over sending a whole request, over HTTP and over gRPC. */
export const REQUEST_ARRIVAL_MS_MAX = 30_000;

/**
 * How long a client may read nothing of an answer that waits for it, over HTTP and over gRPC. The connection ends
 * then: what nobody reads is kept in memory.
 */
export const ANSWER_READ_MS_MAX = 30_000;

/**
 * Requests of one HTTP connection that run at a time. A client may send more without waiting (pipelining); they are
 * begun as answers go out. Few, because each answer is in memory until the client has read those before it.
 */
export const HTTP_PIPELINED_MAX = 8;
invariant(
  HTTP_PIPELINED_MAX > 1,
  "the last request may still be arriving, and must not keep itself from arriving",
);

/** How long it may take over its HTTP headers. */
export const HTTP_HEADERS_TIMEOUT_MS = 10_000;
invariant(HTTP_HEADERS_TIMEOUT_MS <= REQUEST_ARRIVAL_MS_MAX, "headers are a part of the request");

/** An HTTP request's line and headers; Node's own default. */
export const HTTP_HEADER_BYTES_MAX = 16 * 1024;

/** How long a connection that was refused is kept for the peer to read why. */
export const HTTP_LINGER_MS = 1_000;

/** How often clients that are too slow are looked for. */
export const HTTP_SLOW_CLIENT_CHECK_MS = 5_000;

/** How long an idle connection is kept: longer than load balancers' usual 60 s, so that they close it first. */
export const HTTP_KEEP_ALIVE_MS = 75_000;

/** Connections of one door open at a time; one more is closed at once. Well below the usual limit of open files. */
export const CONNECTIONS_MAX = 10_000;

/**
 * Calls running at a time on one gRPC connection; a client keeps more to itself until one has ended. As many as are
 * driven at a time unless it is set otherwise: more of them could only wait.
 */
export const GRPC_CALLS_PER_CONNECTION_MAX = 1_000;

/**
 * How long a stop goes on taking requests until the registry has forgotten this coordinator, which takes milliseconds:
 * callers then stop arriving, and none is refused. A registry that hangs holds nothing up for longer.
 */
export const RETIRE_MS_MAX = 1_000;

/** How long `stop` lets running requests end before it cuts them off. */
export const DOOR_STOP_GRACE_MS = 10_000;

/** How long after its last call the gRPC door waits for streams that have no end of their own, before it cuts them. */
export const GRPC_WATCHERS_GRACE_MS = 500;

/** How often the gRPC health service asks whether the coordinator is ready. */
export const GRPC_HEALTH_MS = 1_000;

/** What a caller whom we turn away for now is told to wait. */
export const RETRY_AFTER_S = 1;

/** How long before the caller's gRPC deadline a waiting submit is answered, so that the answer arrives in time. */
export const GRPC_DEADLINE_MARGIN_MS = 100;

/** A gRPC status message is a header of the answer, and header space is small (Node and Java: 8 KiB). */
export const GRPC_MESSAGE_CHARACTERS_MAX = 1_024;
