import { errors, jwtVerify, SignJWT } from "jose";
import { parseUserId } from "../registration/user-id.ts";

const ALGORITHM = "HS256";

/** The user of a token: this id, as long as it belongs to the same person. */
export interface TokenUser {
  readonly id: number;
  /** See `stampOf`. Empty in tokens of other services that sign with our key, such as the Go service. */
  readonly stamp: string;
}

/** Makes and reads the tokens of users: JWTs with `exp`, `iat` and `userId`, like go-zero's, and with `stamp`. */
export class Tokens {
  readonly #key: Uint8Array;
  readonly #expireInS: number;

  constructor({ secret, expireInS }: { readonly secret: string; readonly expireInS: number }) {
    this.#key = new TextEncoder().encode(secret);
    this.#expireInS = expireInS;
  }

  make({ id, stamp }: TokenUser): Promise<string> {
    const nowS = Math.floor(Date.now() / 1_000);
    return new SignJWT({ userId: id, stamp })
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + this.#expireInS)
      .sign(this.#key);
  }

  /** The user of a token; undefined for a token that is not ours, was changed, or has expired. */
  async userOf(token: string): Promise<TokenUser | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        requiredClaims: ["exp", "iat", "userId"],
      });
      const id = parseUserId(payload["userId"]);
      const { stamp = "" } = payload;
      return id === undefined || typeof stamp !== "string" ? undefined : { id, stamp };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
