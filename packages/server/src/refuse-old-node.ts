/**
 * Refuses a Node that is too old before the imports after this one are evaluated: those die there with the errors of
 * their libraries, which name no Node. It imports nothing that needs a newer Node, so its error is a plain one.
 */
import { nodeVersionProblem } from "./cli/node-version.ts";

const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) throw new Error(problem);
