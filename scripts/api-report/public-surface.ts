import { type ESTree, parseSync } from "rolldown/utils";

/** A public member of a class, of an interface or of an object type. */
export interface PublicMember {
  readonly name: string;
  readonly isDocumented: boolean;
}

/** One declaration with all its overloads. */
export interface Declared {
  readonly name: string;
  readonly isDocumented: boolean;
  readonly members: readonly PublicMember[];
  /** The interfaces that a class implements; the doc comments of its members may be there. */
  readonly implemented: readonly string[];
  /** The declaration with its comments. */
  readonly text: string;
}

/** The public surface of one entry point, read from its rolled-up types. */
export interface PublicSurface {
  /** The `import` lines. */
  readonly imports: readonly string[];
  /** Everything that a user can reach, by name. */
  readonly declared: readonly Declared[];
  /** The exports of the entry point: the name in this file, and the name that a user imports. */
  readonly exported: readonly ExportedName[];
}

interface ExportedName {
  readonly local: string;
  readonly name: string;
}

type Statement = ESTree.Program["body"][number];
type Member = ESTree.ClassElement | ESTree.TSSignature;

const LIST = new Intl.Collator("en", { caseFirst: "upper" });

/** Reads the single file of declarations that rolldown makes of an entry point. @throws when it does not parse */
export function publicSurfaceOf(text: string): PublicSurface {
  const { program, comments, errors } = parseSync("index.d.ts", text, { lang: "dts" });
  if (errors.length > 0) throw new Error(`the rolled-up types do not parse: ${errors[0]?.message}`);
  const docs = new Map(
    comments.filter(({ value }) => value.startsWith("*")).map(({ start, end }) => [end, start]),
  );
  /** The start of the doc comment right before `start`; undefined where there is none. */
  const docBefore = (start: number): number | undefined => docs.get(text.slice(0, start).trimEnd().length);
  const declared = new Map<string, Declared>();
  for (const statement of program.body) {
    for (const { name, body, implemented = [] } of declarationsIn(statement)) {
      const doc = docBefore(statement.start);
      const before = declared.get(name);
      declared.set(name, {
        name,
        isDocumented: doc !== undefined || before?.isDocumented === true,
        members: [...(before?.members ?? []), ...membersOf(body, docBefore)],
        implemented,
        text: [before?.text, text.slice(doc ?? statement.start, statement.end)].filter(Boolean).join("\n"),
      });
    }
  }
  return {
    imports: program.body
      .filter(({ type }) => type === "ImportDeclaration")
      .map(({ start, end }) => text.slice(start, end))
      .sort(LIST.compare),
    declared: [...declared.values()].sort((a, b) => LIST.compare(a.name, b.name)),
    exported: program.body.flatMap(exportedNames).sort((a, b) => LIST.compare(a.name, b.name)),
  };
}

interface Declaration {
  readonly name: string;
  readonly body: readonly Member[];
  readonly implemented?: readonly string[];
}

/** The names that `statement` declares, each with its members. */
function declarationsIn(statement: Statement): Declaration[] {
  switch (statement.type) {
    case "ClassDeclaration": {
      // The roll-up calls an import "Name$1" where "Name" is exported, too.
      const implemented = (statement.implements ?? []).flatMap(({ expression }) =>
        expression.type === "Identifier" ? [expression.name.replace(/\$\d+$/, "")] : [],
      );
      return [{ name: statement.id?.name ?? "default", body: statement.body.body, implemented }];
    }
    case "TSInterfaceDeclaration":
      return [{ name: statement.id.name, body: statement.body.body }];
    case "TSTypeAliasDeclaration":
      return [{ name: statement.id.name, body: objectTypesIn(statement.typeAnnotation) }];
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) =>
        id.type === "Identifier" ? [{ name: id.name, body: [] }] : [],
      );
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "TSEnumDeclaration":
      return [{ name: statement.id?.name ?? "default", body: [] }];
    // A namespace must not be skipped: nobody would check its members.
    case "TSModuleDeclaration":
      throw new Error(`namespaces are not read here: ${statement.type}`);
    default:
      return [];
  }
}

/** The members of an object type, of each variant of a union and of each part of an intersection. */
function objectTypesIn(type: ESTree.TSType): readonly Member[] {
  if (type.type === "TSTypeLiteral") return type.members;
  if (type.type === "TSUnionType" || type.type === "TSIntersectionType")
    return type.types.flatMap(objectTypesIn);
  return [];
}

/** One entry for each name: overloads, or a getter with its setter, are documented if one of them is. */
function membersOf(
  members: readonly Member[],
  docBefore: (start: number) => number | undefined,
): PublicMember[] {
  const documented = new Map<string, boolean>();
  for (const member of members) {
    const name = publicNameOf(member);
    if (name === undefined) continue;
    documented.set(name, documented.get(name) === true || docBefore(member.start) !== undefined);
  }
  return [...documented].map(([name, isDocumented]) => ({ name, isDocumented }));
}

/** The name of a member; undefined if users cannot name it: a private member, or a signature without a name. */
function publicNameOf(member: Member): string | undefined {
  if ("accessibility" in member && member.accessibility === "private") return undefined;
  if (!("key" in member)) return undefined;
  const { key } = member;
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" ? String(key.value) : undefined;
}

function exportedNames(statement: Statement): ExportedName[] {
  if (statement.type !== "ExportNamedDeclaration") return [];
  return statement.specifiers.map(({ local, exported }) => ({
    local: textOf(local),
    name: textOf(exported),
  }));
}

function textOf(name: ESTree.ModuleExportName): string {
  return "name" in name ? name.name : name.value;
}
