/**
 * Tells when a destination stops giving clear answers, and when it gives them again: once each, whatever number of
 * transactions call it.
 *
 * `outages.ts` wakes transactions by another rule: only calls without any answer count there (O1).
 *
 * Owns, for each destination whose last call had no clear answer, how many such calls came in a row.
 */
import { DESTINATION_SILENT_CALLS_MIN, DESTINATIONS_WATCHED_MAX } from "./limits.ts";
import type { Clock, Ports } from "./ports.ts";

/** Calls in a row without a clear answer. */
interface Silence {
  calls: number;
  /** When the first of them ended, on the monotonic clock. */
  readonly sinceMs: number;
}

export class SilentDestinations {
  readonly #clock: Clock;
  readonly #observe: Ports["observe"];
  /** The one that has been silent for longest comes first. */
  readonly #silences = new Map<string, Silence>();

  constructor({ clock, observe }: Pick<Ports, "clock" | "observe">) {
    this.#clock = clock;
    this.#observe = observe;
  }

  /** A call had a definite answer, or ONGOING. */
  answered(destination: string): void {
    const silence = this.#silences.get(destination);
    if (silence === undefined) return;
    this.#silences.delete(destination);
    const { calls, sinceMs } = silence;
    if (calls < DESTINATION_SILENT_CALLS_MIN) return;
    const ms = Math.round(this.#clock.elapsedMs() - sinceMs);
    this.#observe({ kind: "destinationAnswers", destination, calls, ms });
  }

  /** A call had no clear answer; `detail` says what was seen. */
  unclear(destination: string, detail: string): void {
    const silence = this.#silences.get(destination) ?? this.#begun(destination);
    silence.calls += 1;
    if (silence.calls !== DESTINATION_SILENT_CALLS_MIN) return;
    this.#observe({ kind: "destinationSilent", destination, calls: silence.calls, detail });
  }

  /** I10: where too many are watched, the oldest is forgotten, and its return is told by nobody. */
  #begun(destination: string): Silence {
    const [oldest] = this.#silences.keys();
    if (oldest !== undefined && this.#silences.size >= DESTINATIONS_WATCHED_MAX)
      this.#silences.delete(oldest);
    const silence = { calls: 0, sinceMs: this.#clock.elapsedMs() };
    this.#silences.set(destination, silence);
    return silence;
  }
}
