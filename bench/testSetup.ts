/** Runs once before the tests: worker threads and child processes load built files, so the build must be current. */
import { ensureBuilt } from '../sim/cli/build.mjs';

export default async function setup(): Promise<void> {
  process.env.POWR_BUILD = await ensureBuilt();
}
