import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { HASHES_MAX } from "../limits.ts";
import { ApiError } from "./api-error.ts";

/** OWASP's recommendation for scrypt with 32 MiB for each hash: N = 2^15, r = 8, p = 3. */
const LOG_N = 15;
const R = 8;
const P = 3;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** More memory than the most expensive accepted hash needs, which is 128 MiB. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z\d+/]{8,64})\$([A-Za-z\d+/]{20,128})$/;

/**
 * Makes and checks password hashes, `$scrypt$ln=15,r=8,p=3$SALT$KEY`, off the main thread.
 *
 * - P1: a check takes as long for a user who does not exist or has no password as for a wrong password.
 * - P2: at most `HASHES_MAX` hashes at a time; further requests get a 503.
 */
export class Passwords {
  #busyCount = 0;

  /** @throws ApiError 503 (P2) */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const key = await this.#derive(password, { salt, logN: LOG_N, r: R, p: P, keyBytes: KEY_BYTES });
    return `$scrypt$ln=${LOG_N},r=${R},p=${P}$${base64(salt)}$${base64(key)}`;
  }

  /** Whether `hash` was made of `password`; an empty or unreadable hash never matches. @throws ApiError 503 (P2) */
  async matches(password: string, hash: string): Promise<boolean> {
    const parsed = parsedHash(hash);
    const { salt, key, ...cost } = parsed ?? DUMMY; // P1
    const derived = await this.#derive(password, { salt, ...cost, keyBytes: key.length });
    return timingSafeEqual(derived, key) && parsed !== undefined;
  }

  async #derive(
    password: string,
    cost: Cost & { readonly salt: Buffer; readonly keyBytes: number },
  ): Promise<Buffer> {
    if (this.#busyCount >= HASHES_MAX) throw new ApiError(503, "too many passwords at once; try again"); // P2
    this.#busyCount++;
    try {
      return await derived(password, cost);
    } finally {
      this.#busyCount--;
    }
  }
}

interface Cost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

const DUMMY: Cost & { readonly salt: Buffer; readonly key: Buffer } = {
  logN: LOG_N,
  r: R,
  p: P,
  salt: randomBytes(SALT_BYTES),
  key: randomBytes(KEY_BYTES),
};

/** Composes the password (NFC) first: the same letters from another keyboard are the same password. */
function derived(
  password: string,
  { logN, r, p, salt, keyBytes }: Cost & { readonly salt: Buffer; readonly keyBytes: number },
): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: MEMORY_BYTES_MAX };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, keyBytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function parsedHash(hash: string): typeof DUMMY | undefined {
  const [, logN, r, p, salt, key] = FORM.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return undefined;
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  // A changed row in the database must not make this process use gigabytes.
  if (cost.logN < 1 || cost.logN > LOG_N + 2 || cost.r < 1 || cost.r > R || cost.p < 1 || cost.p > P * 4) {
    return undefined;
  }
  return { ...cost, salt: Buffer.from(salt, "base64"), key: Buffer.from(key, "base64") };
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
