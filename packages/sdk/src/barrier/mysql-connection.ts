/** A connection to MySQL or MariaDB as the barrier needs it: a connection of mysql2/promise is one. */
export interface MysqlConnection {
  /** Begins a transaction. */
  beginTransaction(): Promise<unknown>;
  /** Commits the open transaction. */
  commit(): Promise<unknown>;
  /** Rolls the open transaction back. */
  rollback(): Promise<unknown>;
  /** Sends a statement; the first element of the answer is its result. */
  query(sql: string): Promise<readonly [unknown, ...unknown[]]>;
  /** Never there: only a pool, which mysql2's types call a connection too, has this member. */
  readonly getConnection?: never;
}

/** A connection that a pool of mysql2/promise has lent. */
export interface MysqlPoolConnection extends MysqlConnection {
  /** Gives the connection back to the pool. */
  release(): void;
  /** Closes the connection, so that the pool does not lend it again. */
  destroy(): void;
}

/** A pool of connections to MySQL or MariaDB as the barrier needs it: a pool of mysql2/promise. */
export interface MysqlPool<C> {
  /** Lends a connection. */
  getConnection(): Promise<C>;
}
