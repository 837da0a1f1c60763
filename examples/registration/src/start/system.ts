/** One line of the table of what runs where. */
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
  /** The targets at which all parts find the services and the coordinator. */
  readonly targets: { readonly coordinator: string; readonly userRpc: string; readonly scoreRpc: string };
  readonly places: readonly Place[];
  /** Whether nobody else has data there, so that the demonstration may store some. */
  readonly isDataOurs: boolean;
  /** A text that says what happens to the data. */
  readonly note: string;
  /** Stops everything, callers before the services that they call. Idempotent. */
  stop(): Promise<void>;
}
