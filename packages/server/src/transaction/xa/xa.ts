/**
 * The mode `xa` (The Open Group, "Distributed Transaction Processing: The XA Specification", 1991; protocol 5.5). The
 * branches prepare in their databases, and are committed and rolled back in the order in which they were registered.
 */
import { twoPhaseMode } from "../two-phase/two-phase.ts";

export const xa = twoPhaseMode({ commit: "commit", undo: "rollback", begins: "first" });
