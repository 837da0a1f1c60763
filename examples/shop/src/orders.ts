/** The orders: Express and MariaDB. */
import express from "express";
import { Barrier, barrierTable, Lockstep, TransactionFailedError, TransactionOngoingError } from "lockstep";
import { createPool } from "mysql2/promise";

const { PORT = "8081", STOCK = "http://127.0.0.1:8082" } = process.env;
const OWN = `http://127.0.0.1:${PORT}`;
const lockstep = new Lockstep(process.env["COORDINATOR"] ?? "http://127.0.0.1:36789");
const pool = createPool(process.env["MYSQL_URL"] ?? "mysql://root@localhost/shop");
for (const sql of barrierTable("mysql")) await pool.query(sql);
await pool.query("create table if not exists orders (id varchar(64) primary key, item text, amount int)");

const app = express().use(express.json());
app.post("/orders", async (request, response) => {
  const { id, item, amount } = request.body;
  const body = { id, item, amount };
  try {
    await lockstep
      .saga({ gid: `order-${id}` })
      .step({ action: `${OWN}/store`, compensate: `${OWN}/delete`, body })
      .step({ action: `${STOCK}/take`, compensate: `${STOCK}/put-back`, body })
      .submit({ wait: true });
    response.json({ message: "ordered" });
  } catch (error) {
    if (error instanceof TransactionOngoingError) response.status(202).json({ message: "the order goes on" });
    else if (error instanceof TransactionFailedError)
      response.status(409).json({ message: error.refusal?.message });
    else throw error;
  }
});
app.post("/store", async (request, response) => {
  const { id, item, amount } = request.body;
  await Barrier.from(request).call(pool, (tx) =>
    tx.query("insert into orders values (?, ?, ?)", [id, item, amount]),
  );
  response.json({});
});
app.post("/delete", async (request, response) => {
  await Barrier.from(request).call(pool, (tx) =>
    tx.query("delete from orders where id = ?", [request.body.id]),
  );
  response.json({});
});
app.get("/orders", async (_request, response) => {
  response.json((await pool.query("select * from orders"))[0]);
});
app.listen(Number(PORT), "127.0.0.1", () => process.stdout.write(`orders at ${OWN}\n`));
