/** The part of Stryker's report that is used here. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** How many of the changes in one area the tests found. */
export interface AreaScore {
  readonly area: string;
  readonly killed: number;
  /** All changes that could be tried: without those that Stryker was told to ignore, and those that do not run. */
  readonly valid: number;
  readonly percent: number;
}

const KILLED = ["Killed", "Timeout"];
const VALID = [...KILLED, "Survived", "NoCoverage"];

/** The score of each area; a path belongs to the area that it begins with. */
export function scoresOf({ files }: MutationReport, areas: readonly string[]): AreaScore[] {
  return areas.map((area) => {
    const statuses = Object.entries(files)
      .filter(([path]) => path.startsWith(area))
      .flatMap(([, { mutants }]) => mutants.map(({ status }) => status));
    const killed = statuses.filter((status) => KILLED.includes(status)).length;
    const valid = statuses.filter((status) => VALID.includes(status)).length;
    return { area, killed, valid, percent: (100 * killed) / valid };
  });
}

/** The areas below `percentMin`, and those without any trial: a pattern that fits no file proves nothing. */
export function scoresBelow(scores: readonly AreaScore[], percentMin: number): AreaScore[] {
  return scores.filter(({ percent }) => !(percent >= percentMin));
}
