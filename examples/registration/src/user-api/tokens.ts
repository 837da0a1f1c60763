import { errors, jwtVerify, SignJWT } from "jose";
import { parseUserId } from "../registration/user-id.ts";

const ALGORITHM = "HS256";

/** Makes and reads the tokens by which a user is known: JWTs with `exp`, `iat` and `userId`, as go-zero's. */
export class Tokens {
  readonly #key: Uint8Array;
  readonly #expireInS: number;

  constructor({ secret, expireInS }: { readonly secret: string; readonly expireInS: number }) {
    this.#key = new TextEncoder().encode(secret);
    this.#expireInS = expireInS;
  }

  make(userId: number): Promise<string> {
    const nowS = Math.floor(Date.now() / 1_000);
    return new SignJWT({ userId })
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + this.#expireInS)
      .sign(this.#key);
  }

  /** Whose token it is; undefined for one that is not ours, was changed, or has expired. */
  async userOf(token: string): Promise<number | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        requiredClaims: ["exp", "iat", "userId"],
      });
      return parseUserId(payload["userId"]);
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
