/**
 * `npm test`: every check at its small budget, one after the other, all of them even if one fails. Ends with one line that
 * counts them. Steps by name: `npm test -- types unit`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const results = join(root, '.cache', 'test');
const unitReport = join(results, 'unit.json');
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Runs a command with its output shown; with `capture`, its output is returned as well. */
function run(command, args, capture = false) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (capture) process.stdout.write(stdout ?? '');
  if (error) process.stderr.write(`${error.message}\n`);
  return { ok: status === 0, output: stdout ?? '' };
}

/** A step that is one check: it passed or it did not. */
const single = (command, args) => () => {
  const { ok } = run(command, args);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
};

const steps = {
  types: single(bin('tsc'), ['--noEmit']),
  purity: single(bin('tsc'), ['--noEmit', '-p', 'tsconfig.pure.json']),
  lint: single(bin('biome'), ['check', '.']),
  artefacts: single(process.execPath, ['sim/cli/powr.mjs', 'contracts', 'check']),
  unit() {
    rmSync(unitReport, { force: true });
    const { ok } = run(bin('vitest'), [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${unitReport}`,
    ]);
    try {
      const report = JSON.parse(readFileSync(unitReport, 'utf8'));
      const failed = report.numFailedTests + (ok || report.numFailedTests > 0 ? 0 : 1);
      return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
    } catch {
      return { passed: 0, failed: 1, skipped: 0 };
    }
  },
  contracts() {
    const { ok, output } = run(process.execPath, ['contracts/forge.mjs', 'test'], true);
    const [, passed = '0', failed = '0', skipped = '0'] =
      /(\d+) tests? passed, (\d+) failed, (\d+) skipped/.exec(output.slice(output.lastIndexOf('Ran '))) ?? [];
    return {
      passed: Number(passed),
      failed: Number(failed) + (ok || Number(failed) > 0 ? 0 : 1),
      skipped: Number(skipped),
    };
  },
  counters: single(process.execPath, ['sim/cli/powr.mjs', 'bench', 'compare', '--exact']),
};

mkdirSync(results, { recursive: true });
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'));
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`No step ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}\n`);
  process.exit(2);
}
const total = { passed: 0, failed: 0, skipped: 0 };
for (const [name, step] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startMs = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const result = step();
  for (const key of Object.keys(total)) total[key] += result[key];
  process.stdout.write(
    `== ${name}: ${result.failed === 0 ? 'passed' : 'FAILED'} (${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped, ${Math.round((performance.now() - startMs) / 1_000)} s)\n`,
  );
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
