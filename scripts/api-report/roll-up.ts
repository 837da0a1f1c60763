import { rolldown } from "rolldown";
import { dts } from "rolldown-plugin-dts";

/** A specifier that is not a path is another package; its types stay an import. */
const OTHER_PACKAGE = /^[^./]/;

/** All built types that can be reached from `file` (an index.d.ts), and no others, as one text. */
export async function rolledUpTypesOf(file: string): Promise<string> {
  const bundle = await rolldown({
    input: file,
    external: [OTHER_PACKAGE],
    plugins: [dts({ dtsInput: true, tsconfig: false })],
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  const [chunk, ...others] = output;
  if (chunk === undefined || others.length > 0) throw new Error(`${file}: one file of types was expected`);
  return chunk.code;
}
