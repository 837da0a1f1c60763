/** The id of the branch that a coordinator makes of the step at `index`, counted from 0: `01`, `02`, … `99`, `100`. */
export function branchIdOf(index: number): string {
  return String(index + 1).padStart(2, "0");
}
