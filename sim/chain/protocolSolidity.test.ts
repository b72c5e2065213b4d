import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderProtocolSolidity } from './protocolSolidity.ts';
import { repoRoot } from './repoRoot.ts';

describe('contracts/src/Protocol.sol', () => {
  it('is what the lists of sim/protocol render to, to the byte', () => {
    const committed = readFileSync(join(repoRoot(), 'contracts/src/Protocol.sol'), 'utf8');
    expect(committed).toBe(renderProtocolSolidity());
  });
});
