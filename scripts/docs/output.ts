/**
 * Whether a page shows this output: "…" stands for any text within a line, a line of only "…" for any lines or none.
 */
export function isShownBy(shown: string, written: string): boolean {
  const lines = shown.trimEnd().split("\n");
  const pattern = lines
    .map((line, index) => {
      if (line.trim() === "…") return "(?:[^\\n]*\\n)*?";
      const end = index === lines.length - 1 ? "" : "\\n";
      return line.split("…").map(escaped).join("[^\\n]*?") + end;
    })
    .join("");
  return new RegExp(`^${pattern}$`).test(
    lines.at(-1)?.trim() === "…" ? `${written.trimEnd()}\n` : written.trimEnd(),
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
