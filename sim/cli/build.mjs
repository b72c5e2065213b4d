/**
 * Builds the TypeScript to `build/` when a source file is newer than the last build. Plain JavaScript, because it has
 * to run before anything is built. Decides nothing about the program itself.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const rooms = ['sim', 'agents', 'scenarios', 'reports', 'bench', 'contracts', 'fixtures/hardware'];
/** Files that start a process or a thread of their own. Every other file is bundled into shared chunks. */
const entries = ['sim/cli/main.ts', 'agents/worker.ts', 'sim/inference/runner.ts', 'sim/chain/guard.ts'];

function sources(dir, out) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'artifacts' || entry.name === 'src') continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) sources(path, out);
    else if (/\.(ts|mjs|json)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) out.push(path);
  }
  return out;
}

/**
 * @returns {Promise<string>} the folder of the current build, named by the content it was built from, so that a build in use is never overwritten.
 * Throws esbuild's error (with file and line) if a file does not compile.
 */
export async function ensureBuilt() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package.json')));
  const files = rooms.flatMap((room) => (existsSync(join(root, room)) ? sources(join(root, room), []) : [])).sort();
  for (const file of files) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file}:${mtimeMs}:${size}\n`);
  }
  const out = join(root, 'build', hash.digest('hex').slice(0, 16));
  if (existsSync(out)) return out;
  const { build } = await import('esbuild');
  const partial = `${out}.${process.pid}`;
  await build({
    absWorkingDir: root,
    entryPoints: entries.filter((entry) => existsSync(join(root, entry))),
    outdir: partial,
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'error',
  });
  try {
    renameSync(partial, out);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(out)) throw error; // another process finished the same build first
  }
  removeOldBuilds(out);
  return out;
}

/** Keeps the four newest builds, and all of the last two hours: what was started before an edit goes on loading its own files. */
function removeOldBuilds(current) {
  const dir = dirname(current);
  const builds = readdirSync(dir)
    .map((name) => join(dir, name))
    .filter((path) => path !== current && statSync(path).mtimeMs < Date.now() - 7_200_000)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of builds.slice(3)) rmSync(path, { recursive: true, force: true });
}
