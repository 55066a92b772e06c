// pg-boss, as its documentation sets it up for speed: big batches, fetched without a pause while they are full.
//   pgboss.js DSN setup | fill N | work | starts | latency N         (see graphile.js)
import { PgBoss } from "pg-boss";
import { setTimeout as wait } from "node:timers/promises";
import { writeSync } from "node:fs";

const [connectionString, what, argument] = process.argv.slice(2);
const now = () => process.hrtime.bigint();
const queue = "noop";

async function open(options) {
  const boss = new PgBoss({ connectionString, supervise: false, schedule: false, ...options });
  boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
  await boss.start();
  return boss;
}

async function setup() {
  const boss = await open();
  await boss.createQueue(queue, { notify: true });
  await boss.stop();
}

async function fill(count) {
  const boss = await open();
  for (let left = count; left > 0; left -= 1000)
    await boss.insert(queue, Array.from({ length: Math.min(left, 1000) }, () => ({ data: {} })));
  await boss.stop();
}

async function work() {
  let first, last, done = 0;
  const boss = await open();
  await boss.work(queue, { batchSize: 500, burstWhenBatchFull: true, localConcurrency: 4, pollingIntervalSeconds: 0.5 },
    async (jobs) => {
      last = now();
      first ??= last;
      done += jobs.length;
    });
  for (let before = -1; done !== before || done === 0;) {
    before = done;
    await wait(900);
  }
  await boss.stop();
  console.log(`${first} ${last} ${done}`);
}

async function starts() {
  const boss = await open({ useListenNotify: true });
  await boss.work(queue, { batchSize: 1, localConcurrency: 4 },
    async ([job]) => writeSync(1, `${job.id} ${now()}\n`));
  process.on("SIGTERM", async () => {
    await boss.stop();
    process.exit(0);
  });
}

async function latency(count) {
  const boss = await open({ useListenNotify: true });
  for (let i = 0; i < count; ++i) {
    await wait(20 + Math.random() * 20);
    const id = await boss.send(queue, {});
    console.log(`${id} ${now()}`);
  }
  await boss.stop();
}

const verbs = { setup, fill: () => fill(+argument), work, starts, latency: () => latency(+argument) };
await verbs[what]();
