/**
 * The bytes of standard base64 with padding; undefined for any other text. Node decodes any text as far as it can, and
 * only standard base64 is the same text again when it is encoded.
 */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
