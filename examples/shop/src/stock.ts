/** The stock: Fastify and PostgreSQL. */
import Fastify from "fastify";
import { Barrier, barrierTable, Failure } from "lockstep";
import { Pool } from "pg";

type Line = { readonly item: string; readonly amount: number };

const pool = new Pool({ connectionString: process.env["POSTGRES_URL"] });
for (const sql of barrierTable("postgres")) await pool.query(sql);
await pool.query("create table if not exists stock (item text primary key, amount int not null)");
await pool.query("insert into stock values ('pen', 3) on conflict do nothing");

const app = Fastify();
app.post<{ Body: Line }>("/take", async (request) => {
  const { item, amount } = request.body;
  await Barrier.from(request).call(pool, async (tx) => {
    const sql = "update stock set amount = amount - $2 where item = $1 and amount >= $2";
    if ((await tx.query(sql, [item, amount])).rowCount === 0)
      throw new Failure(`there are no ${amount} of ${item}`);
  });
  return {};
});
app.post<{ Body: Line }>("/put-back", async (request) => {
  const { item, amount } = request.body;
  await Barrier.from(request).call(pool, (tx) =>
    tx.query("update stock set amount = amount + $2 where item = $1", [item, amount]),
  );
  return {};
});
app.get("/stock", async () => (await pool.query("select item, amount from stock")).rows);
process.stdout.write(`stock at ${await app.listen({ port: Number(process.env["PORT"] ?? 8_082) })}\n`);
