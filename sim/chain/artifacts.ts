/**
 * The compiled contracts as files in contracts/artifacts, which are committed: nobody has to compile to run a chain. It
 * decides when such a file is out of date, and not how a contract is compiled (`compile.ts`).
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSolc } from '../../contracts/solc.mjs';
import { ChainError } from './chainError.ts';
import {
  type Artifact,
  compileContracts,
  deployableIn,
  listSources,
  readSettings,
  readUnit,
  sourceHashOf,
} from './compile.ts';

export type ArtifactProblem = {
  readonly name: string;
  /** missing: a contract without artefact; stale: made from other sources; orphan: its contract is no more. */
  readonly problem: 'missing' | 'stale' | 'orphan';
};

const fix = 'run `powr contracts build`.';

/**
 * The artefact of a contract.
 *
 * @throws ChainError ARTIFACT_MISSING
 */
export function loadArtifact(root: string, name: string): Artifact {
  const path = pathOf(root, name);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ChainError('ARTIFACT_MISSING', `Contract ${name} has no artefact in contracts/artifacts`, { cause, fix });
  }
  return JSON.parse(text) as Artifact;
}

/** Writes each artefact to contracts/artifacts/<name>.json; the same artefact always gives the same bytes. */
export function writeArtifacts(root: string, artifacts: readonly Artifact[]): void {
  mkdirSync(join(root, 'contracts', 'artifacts'), { recursive: true });
  for (const artifact of artifacts) {
    const path = pathOf(root, artifact.name);
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, artifactText(artifact));
    renameSync(partial, path);
  }
}

/** The bytes of an artefact's file. */
export function artifactText(artifact: Artifact): string {
  return `${JSON.stringify(artifact, null, 1)}\n`;
}

/**
 * What is wrong with the committed artefacts, by name. Compares hashes and compiles nothing: that an artefact is what
 * its sources compile to is a test's business.
 *
 * @throws ChainError COMPILE_FAILED if a source cannot be read
 * @cost about 2 ms a source file
 */
export function checkArtifacts(root: string): ArtifactProblem[] {
  const { version } = openSolc(root);
  const settings = readSettings(root);
  const committed = new Set(committedNames(root));
  const problems: ArtifactProblem[] = [];
  for (const file of listSources(root)) {
    const unit = readUnit(root, file);
    const names = deployableIn(unit.sources.get(file) as string);
    if (names.length === 0) continue;
    const sourceHash = sourceHashOf(unit, version, settings);
    for (const name of names) {
      if (!committed.delete(name)) problems.push({ name, problem: 'missing' });
      else if (loadArtifact(root, name).sourceHash !== sourceHash) problems.push({ name, problem: 'stale' });
    }
  }
  for (const name of committed) problems.push({ name, problem: 'orphan' });
  return problems.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Compiles what is missing or stale, removes orphans.
 *
 * @returns names that were written and removed; both empty if everything was up to date
 * @throws ChainError COMPILE_FAILED
 */
export function buildArtifacts(root: string): { readonly written: string[]; readonly removed: string[] } {
  const problems = checkArtifacts(root);
  const wanted = new Set(problems.filter(({ problem }) => problem !== 'orphan').map(({ name }) => name));
  const files = listSources(root).filter((file) =>
    deployableIn(readFileSync(join(root, 'contracts', file), 'utf8')).some((name) => wanted.has(name)),
  );
  const written = compileContracts({ root, files, cached: true });
  writeArtifacts(root, written);
  const removed = problems.filter(({ problem }) => problem === 'orphan').map(({ name }) => name);
  for (const name of removed) rmSync(pathOf(root, name));
  return { written: written.map(({ name }) => name), removed };
}

function committedNames(root: string): string[] {
  try {
    return readdirSync(join(root, 'contracts', 'artifacts'))
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  } catch {
    return [];
  }
}

function pathOf(root: string, name: string): string {
  return join(root, 'contracts', 'artifacts', `${name}.json`);
}
