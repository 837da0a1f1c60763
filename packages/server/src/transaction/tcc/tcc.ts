/**
 * The mode `tcc`: try, confirm, cancel (Pardon and Pautasso, "Atomic Distributed Transactions: a RESTful Design", 2014;
 * protocol 5.3). The caller tries each branch itself. The last branch is confirmed and cancelled first: a nested branch
 * is registered after its parent, and so before it in that order.
 */
import { twoPhaseMode } from "../two-phase/two-phase.ts";

export const tcc = twoPhaseMode({ commit: "confirm", undo: "cancel", begins: "last" });
