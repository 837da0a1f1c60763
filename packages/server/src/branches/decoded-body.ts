import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { ANSWER_BYTES_MAX } from "./limits.ts";

const gunzipped = promisify(gunzip);
const inflated = promisify(inflate);
const inflatedRaw = promisify(inflateRaw);
const brotliDecompressed = promisify(brotliDecompress);

const LIMIT = { maxOutputLength: ANSWER_BYTES_MAX };

type Decode = (body: Buffer) => Promise<Buffer>;

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: (body) => gunzipped(body, LIMIT),
  "x-gzip": (body) => gunzipped(body, LIMIT),
  br: (body) => brotliDecompressed(body, LIMIT),
  // The name stands for the zlib format; some servers send the bare data.
  deflate: (body) => inflated(body, LIMIT).catch(() => inflatedRaw(body, LIMIT)),
};

/** Drops a byte order mark, because JSON that begins with one is not JSON. */
const TEXT = new TextDecoder();

/**
 * The text of an answer's body; undefined where its content-encoding is unknown or does not fit the bytes, and where the
 * text would be longer than `ANSWER_BYTES_MAX`.
 *
 * Branches are asked not to compress. Some do it all the same, and their answers must count.
 */
export async function decodedBody(body: Buffer, contentEncoding: string): Promise<string | undefined> {
  if (contentEncoding === "") return TEXT.decode(body);
  const names = contentEncoding.split(",").map((name) => name.trim().toLowerCase());
  let decoded = body;
  for (const name of names.reverse()) {
    if (name === "" || name === "identity") continue;
    const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
    if (decode === undefined) return undefined;
    try {
      decoded = await decode(decoded);
    } catch {
      return undefined; // zlib's error would add nothing for people.
    }
  }
  return TEXT.decode(decoded);
}
