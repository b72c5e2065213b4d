import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ContractName, TABLES_OF_CONTRACT } from '../protocol/layout.ts';
import { loadArtifact } from './artifacts.ts';
import { repoRoot } from './repoRoot.ts';
import { renderActions, renderDefaultParams, renderTables, tableSlots } from './testParamsSolidity.ts';

const root = repoRoot();

function committed(name: string): string {
  return readFileSync(join(root, 'contracts', 'test', name), 'utf8');
}

type Layout = { readonly storage: readonly { readonly label: string; readonly slot: string }[] };

describe('what the contracts’ tests know of the protocol', () => {
  it.each([
    ['DefaultParams.sol', renderDefaultParams],
    ['Tables.sol', renderTables],
    ['Actions.sol', renderActions],
  ])('given the lists in sim/protocol > %s is what they give', (name, render) => {
    expect(committed(name)).toBe(render());
  });

  it.each(Object.keys(TABLES_OF_CONTRACT) as ContractName[])(
    'given the compiled %s > each table lies where the tests read it',
    (contract) => {
      const { storage } = (loadArtifact(root, contract) as unknown as { storageLayout: Layout }).storageLayout;
      for (const table of TABLES_OF_CONTRACT[contract]) {
        const slot = storage.find(({ label }) => label === table)?.slot;
        expect(slot, table).toBe(String(tableSlots().get(table)));
      }
    },
  );
});
