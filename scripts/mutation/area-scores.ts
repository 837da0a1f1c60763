/** What is read here of Stryker's report. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** How many of the changes in one area were found. */
export interface AreaScore {
  readonly area: string;
  readonly killed: number;
  /** All that could be tried: without those that Stryker was told to leave out. */
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

/** The areas below `percentMin`, and those in which nothing was tried: a pattern that fits no file proves nothing. */
export function scoresBelow(scores: readonly AreaScore[], percentMin: number): AreaScore[] {
  return scores.filter(({ percent }) => !(percent >= percentMin));
}
