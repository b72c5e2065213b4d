/** `powr contracts`: the compiled contracts that are committed with the sources. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildArtifacts, checkArtifacts } from '../chain/artifacts.ts';
import { renderProtocolSolidity } from '../chain/protocolSolidity.ts';
import { repoRoot } from '../store/paths.ts';
import { EXIT } from './exitCodes.ts';

/** Writes Protocol.sol from the lists of sim/protocol, compiles everything, writes the artefacts. */
export function buildContracts(): number {
  const root = repoRoot();
  mkdirSync(join(root, 'contracts', 'src'), { recursive: true });
  writeFileSync(join(root, 'contracts', 'src', 'Protocol.sol'), renderProtocolSolidity());
  const { written, removed } = buildArtifacts(root);
  process.stdout.write(
    `${written.length} artefacts written${written.length > 0 ? `: ${written.join(', ')}` : ''}${removed.length > 0 ? `; removed: ${removed.join(', ')}` : ''}\n`,
  );
  return EXIT.ok;
}

export function checkContracts(): number {
  const problems = checkArtifacts(repoRoot());
  for (const { name, problem } of problems) process.stdout.write(`${name}: ${problem}\n`);
  if (problems.length === 0) process.stdout.write('All artefacts belong to the present sources.\n');
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}
