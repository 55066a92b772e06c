// graphile-worker, as its documentation sets it up. DSN is a URL.
//   graphile.js DSN setup | fill N | work plain|batched | starts | latency N
// work: runs no-op jobs until none is left; prints when the first began and the last was committed (ns) and
//   how many they were. starts: prints id and time of each job's first line. latency: enqueues, prints id and
//   time of each commit.
import { run, runMigrations, makeWorkerUtils, Logger } from "graphile-worker";
import { setTimeout as wait } from "node:timers/promises";
import { writeSync } from "node:fs";

const [connectionString, what, argument] = process.argv.slice(2);
const now = () => process.hrtime.bigint();
const quiet = new Logger(() => () => {});
const options = { connectionString, logger: quiet, noHandleSignals: true };

// https://worker.graphile.org/docs/performance: 24 at once; batched adds the local queue and batched ends.
const presets = {
  plain: { worker: { concurrentJobs: 24, maxPoolSize: 25 } },
  batched: {
    worker: {
      concurrentJobs: 24, maxPoolSize: 25, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0,
    },
  },
};

async function work() {
  let first, last, done = 0;
  const noop = () => {
    last = now();
    first ??= last;
    ++done;
  };
  const runner = await run({ ...options, preset: presets[argument], taskList: { noop } });
  for (let before = -1; done !== before || done === 0;) {
    before = done;
    await wait(400);
  }
  const stopping = now();
  await runner.stop();   // commits the ends that it still gathers
  console.log(`${first} ${last + (now() - stopping)} ${done}`);
}

async function fill(count) {
  const utils = await makeWorkerUtils(options);
  for (let left = count; left > 0; left -= 1000)
    await utils.addJobs(Array.from({ length: Math.min(left, 1000) }, () => ({ identifier: "noop", payload: {} })));
  await utils.release();
}

async function starts() {
  const noop = (_payload, helpers) => writeSync(1, `${helpers.job.id} ${now()}\n`);
  const runner = await run({ ...options, preset: { worker: { concurrentJobs: 24, maxPoolSize: 25 } }, taskList: { noop } });
  process.on("SIGTERM", async () => {
    await runner.stop();
    process.exit(0);
  });
}

async function latency(count) {
  const utils = await makeWorkerUtils(options);
  for (let i = 0; i < count; ++i) {
    await wait(20 + Math.random() * 20);
    const job = await utils.addJob("noop", {});
    console.log(`${job.id} ${now()}`);
  }
  await utils.release();
}

const verbs = { setup: () => runMigrations(options), fill: () => fill(+argument), work, starts, latency: () => latency(+argument) };
await verbs[what]();
