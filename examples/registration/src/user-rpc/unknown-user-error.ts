/**
 * A registration must be undone that did store a user, but its request does not say which. It is no refusal: the
 * coordinator calls again, and parks the transaction for a person.
 */
export class UnknownUserError extends Error {
  override readonly name = "UnknownUserError";

  constructor(gid: string) {
    super(
      `the transaction ${gid} stored a user, and the request to undo it has no id; find the user by hand, and delete it`,
    );
  }
}
