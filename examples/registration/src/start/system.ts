/** One line of what runs where. */
export interface Place {
  readonly who: string;
  readonly where: string;
  readonly what: string;
}

/** The whole registration system, running. */
export interface System {
  /** `http://host:port` of user-api. */
  readonly apiUrl: string;
  /** `http://host:port` of the coordinator. */
  readonly coordinatorUrl: string;
  /** Where services and the coordinator are found, by whoever takes part. */
  readonly targets: { readonly coordinator: string; readonly userRpc: string; readonly scoreRpc: string };
  readonly places: readonly Place[];
  /** Whether nobody else has data there, so that a demonstration may leave some. */
  readonly isDataOurs: boolean;
  /** A sentence on what becomes of the data. */
  readonly note: string;
  /** Stops everybody, those who call before those who are called. Idempotent. */
  stop(): Promise<void>;
}
