// The frame of a suite: named checks one after another, then one line that the test reads.
import assert from 'node:assert/strict';

const checks = [];

export { assert };

export const check = (name, run) => checks.push({ name, run });

/** Expects a rejection with this code. */
export async function refused(promise, code) {
  const error = await promise.then(
    () => assert.fail(`expected ${code}, but it succeeded`),
    (reason) => reason,
  );
  assert.equal(error.code, code, `${error.code}: ${error.message}`);
  return error;
}

export async function run(finish = async () => {}) {
  let failed = 0;
  for (const { name, run } of checks) {
    try {
      await run();
    } catch (error) {
      failed++;
      console.log(`FAILED ${name}: ${error.stack}`);
    }
  }
  await finish();
  console.log(`${checks.length - failed} checks passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
