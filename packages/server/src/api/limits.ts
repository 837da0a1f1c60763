/**
 * Limits of what the doors take. The door refuses a request that passes a limit, and nothing is stored. The limits of a
 * gid are in protocol, those of a stored transaction in `../transaction/limits.ts`.
 */
import { invariant } from "../transaction/invariant.ts";
import { TIMER_MS_MAX } from "../transaction/limits.ts";

/** One HTTP body. The same as one gRPC message, so that a transaction fits through every door or through none. */
export const HTTP_BODY_BYTES_MAX = 4 * 1024 * 1024;

/** One gRPC message; the default of every gRPC implementation. */
export const GRPC_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Fields in one gRPC message, those of its inner messages included. The largest saga has 1,200. */
export const MESSAGE_FIELDS_MAX = 20_000;

/** Steps of one transaction. Each write stores the whole progress, which grows with the branches. */
export const STEPS_MAX = 1_000;

/** The result of a workflow. A call-back and its caller read it with the whole record. */
export const WORKFLOW_RESULT_CHARACTERS_MAX = 1_048_576;

/**
 * How long after the start of a workflow its caller is called back for the first time, unless `retry_interval` says
 * otherwise; dtm's default. An execution that takes longer may then run twice at once.
 */
export const WORKFLOW_CALL_BACK_MS = 10_000;

/** The id of a branch that is registered: what the barrier's table and a gRPC branch's metadata can hold. */
export const BRANCH_ID_CHARACTERS_MAX = 128;

/** One branch URL as its calls send it. Common HTTP servers take request lines of this length. */
export const URL_BYTES_MAX = 8_192;

/** All `branch_headers` as a call sends them. */
export const BRANCH_HEADERS_BYTES_MAX = 8 * 1024;

/** How many `branch_headers`. Servers take 100 (Tomcat, Apache) or 128 (Node, gRPC), with ours and a proxy's. */
export const BRANCH_HEADERS_MAX = 64;

/**
 * URL and `branch_headers` together. Node's HTTP server takes 16 KiB before the body; a branch that gets more answers
 * 431 every time. The rest is for our own headers and those of proxies.
 */
export const BRANCH_HEAD_BYTES_MAX = 15 * 1024;

/** `custom_data`: settings of a transaction, not its data. */
export const CUSTOM_DATA_CHARACTERS_MAX = 65_536;

/** `timeout_to_fail`: ten years. */
export const TIMEOUT_TO_FAIL_S_MAX = 10 * 365 * 24 * 3_600;

/** The delay of a `msg`, which is in its `custom_data`: ten years. */
export const DELAY_S_MAX = 10 * 365 * 24 * 3_600;

/** `request_timeout`: a day. */
export const REQUEST_TIMEOUT_S_MAX = 24 * 3_600;

/** `retry_interval`: a week. */
export const RETRY_INTERVAL_S_MAX = 7 * 24 * 3_600;

/** `retry_limit`. */
export const RETRY_LIMIT_MAX = 1_000_000;

invariant(REQUEST_TIMEOUT_S_MAX * 1_000 <= TIMER_MS_MAX, "a branch call's time limit must fit a timer");
invariant(RETRY_INTERVAL_S_MAX * 1_000 <= TIMER_MS_MAX, "a retry interval must fit a timer");

/** Rows in a page of `all` when the caller gives no limit, as in dtm. */
export const PAGE_ROWS_DEFAULT = 100;

/** Rows in a page of `all` at most. */
export const PAGE_ROWS_MAX = 1_000;

/**
 * About how much a page of `all` reads from the store at most. A page whose rows hold more ends early, and says where
 * the next page begins.
 */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** How long a client may take to send a whole request, over HTTP and over gRPC. */
export const REQUEST_ARRIVAL_MS_MAX = 30_000;

/**
 * How long a client may read nothing of its answer, over HTTP and over gRPC. Then the connection ends, because an
 * unread answer takes memory.
 */
export const ANSWER_READ_MS_MAX = 30_000;

/**
 * Requests of one HTTP connection that run at a time. A client may send more without waiting (pipelining); those begin
 * when answers have gone out. Few, because an answer stays in memory until the client has read the answers before it.
 */
export const HTTP_PIPELINED_MAX = 8;
invariant(
  HTTP_PIPELINED_MAX > 1,
  "the last request may still be arriving, and must not keep itself from arriving",
);

/** Lists that clients have asked for and not read, in all connections together; further ones wait for their turns. */
export const LISTS_UNREAD_MAX = 16;

/** Requests for lists that wait for their turns; one more is refused as overloaded. */
export const LISTS_WAITING_MAX = 1_000;

/** Other work has as much time after a list as the list took, and no more than this: a store may be slow. */
export const LIST_PAUSE_MS_MAX = 100;

/** How long a client may take to send its HTTP headers. */
export const HTTP_HEADERS_TIMEOUT_MS = 10_000;
invariant(HTTP_HEADERS_TIMEOUT_MS <= REQUEST_ARRIVAL_MS_MAX, "headers are a part of the request");

/** An HTTP request's line and headers; Node's own default. */
export const HTTP_HEADER_BYTES_MAX = 16 * 1024;

/** How long a refused connection stays open, so that the peer can read why. */
export const HTTP_LINGER_MS = 1_000;

/** How often the door looks for clients that are too slow. */
export const HTTP_SLOW_CLIENT_CHECK_MS = 5_000;

/** How long an idle connection is kept: longer than load balancers' usual 60 s, so that they close it first. */
export const HTTP_KEEP_ALIVE_MS = 75_000;

/** Connections of one door open at a time; one more is closed at once. Well below the usual limit of open files. */
export const CONNECTIONS_MAX = 10_000;

/**
 * Calls that run at a time on one gRPC connection; a client holds back further calls until one has ended. As many as
 * the coordinator drives at a time by default: more calls could only wait.
 */
export const GRPC_CALLS_PER_CONNECTION_MAX = 1_000;

/**
 * How long a stop still takes requests while the registry removes this coordinator, which takes milliseconds: then no
 * more callers come, and none is refused. A registry that hangs delays a stop no longer than this.
 */
export const RETIRE_MS_MAX = 1_000;

/** How long `stop` lets running requests end before it cuts them off. */
export const DOOR_STOP_GRACE_MS = 10_000;

/** How long after its last call the gRPC door waits for streams that never end by themselves, before it cuts them. */
export const GRPC_WATCHERS_GRACE_MS = 500;

/** How long a start waits for a port that an outgoing connection holds: Linux frees it a minute after that ended. */
export const LISTEN_AGAIN_MS_MAX = 60_000;

/** The pause between two attempts to have that port. */
export const LISTEN_AGAIN_AFTER_MS = 500;

/** How long somebody who listens on that port may take to accept a connection. */
export const LISTENER_ANSWER_MS_MAX = 1_000;

/** How often the gRPC health service asks whether the coordinator is ready. */
export const GRPC_HEALTH_MS = 1_000;

/** How long a caller that gets a 503 should wait (`Retry-After`). */
export const RETRY_AFTER_S = 1;

/** How long a submit waits when neither its caller nor its transaction says how long; dtm answers after 6 s. */
export const WAIT_MS_UNASKED = 6_500;

/** The part of a transaction's `request_timeout` for which its submit waits, when its caller does not say how long. */
export const WAIT_SHARE_OF_REQUEST_TIMEOUT = 0.9;

/** A submit that waits gets its answer this long before the caller's gRPC deadline, so that it arrives in time. */
export const GRPC_DEADLINE_MARGIN_MS = 100;

/** A gRPC status message is a header of the answer, and header space is small (Node and Java: 8 KiB). */
export const GRPC_MESSAGE_CHARACTERS_MAX = 1_024;

/** The text and the detail (`lockstep-detail`) of a gRPC answer together: peers take 8 KiB with all other headers. */
export const GRPC_TRAILER_BYTES_MAX = 6 * 1024;

/** The detail of a gRPC answer. A reason that it repeats is cut. */
export const GRPC_DETAIL_BYTES_MAX = 4 * 1024;

/** What the detail has beside any text: enough for who refused. */
export const GRPC_DETAIL_BYTES_MIN = 256;

invariant(GRPC_DETAIL_BYTES_MAX < GRPC_TRAILER_BYTES_MAX, "the detail must fit the trailers");

/** Transactions that one `retryDestination`, `rollBackDestination` or `resetCronTime` takes; more are left for the next one. */
export const BULK_TRANSACTIONS_MAX = 10_000;

/** How many of these are changed at the same time, so that the store writes many of them at once. */
export const BULK_AT_A_TIME_MAX = 100;

/** The same for one `resetCronTime` that names no limit. The number is dtm's. */
export const DUE_LATER_TRANSACTIONS_DEFAULT = 100;

/**
 * Transactions that one `resetCronTime` looks at: no store has an index of those that are due late, so they are found
 * among all that are not finished.
 */
export const DUE_LATER_LOOKED_AT_MAX = 100_000;

/** Gids that are shown of those that were found. */
export const SAMPLES_MAX = 10;
