const SHAPE_OF_A_LIBRARY = "the shape of the library's own type, whose documentation says it";

/**
 * Members that need no doc comment, by `Name.member`, `Name.*` or `*.member`, with the reason. Keep it short: a
 * line that excuses nobody any more fails the build, too.
 */
export const UNDOCUMENTED_ALLOWED: ReadonlyMap<string, string> = new Map([
  ["*.kind", "the tag of a variant; its value says which variant this is"],
  ["MetadataLike.*", SHAPE_OF_A_LIBRARY],
  ["MysqlConnection.*", SHAPE_OF_A_LIBRARY],
  ["MysqlPool.*", SHAPE_OF_A_LIBRARY],
  ["MysqlPoolConnection.*", SHAPE_OF_A_LIBRARY],
  ["PgClient.*", SHAPE_OF_A_LIBRARY],
  ["PgPool.*", SHAPE_OF_A_LIBRARY],
  ["PgPoolClient.*", SHAPE_OF_A_LIBRARY],
  ["SqliteDatabase.*", SHAPE_OF_A_LIBRARY],
]);
