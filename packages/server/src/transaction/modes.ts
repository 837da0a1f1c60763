import { invariant } from "./invariant.ts";
import type { Mode } from "./mode.ts";
import type { TransType } from "./model.ts";
import { msg } from "./msg/msg.ts";
import { saga } from "./saga/saga.ts";
import { tcc } from "./tcc/tcc.ts";
import { workflow } from "./workflow/workflow.ts";
import { xa } from "./xa/xa.ts";

/** The modes that this version drives. A further mode is a folder beside `saga/` and a row here. */
export const MODES = { saga, tcc, msg, xa, workflow } as const satisfies Readonly<Record<string, Mode>>;

/** The names of the modes, as they go over the wire and into stores. */
export const TRANS_TYPES: readonly TransType[] = Object.keys(MODES);

/** The mode of that name. Doors and stores let no other name in. */
export function modeOf(transType: TransType): Mode {
  const mode: Mode | undefined = Object.hasOwn(MODES, transType)
    ? MODES[transType as keyof typeof MODES]
    : undefined;
  invariant(mode !== undefined, `a transaction has one of the modes of the table, not '${transType}'`);
  return mode;
}
