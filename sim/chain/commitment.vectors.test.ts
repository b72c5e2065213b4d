/**
 * Vectors of the commitments of outputs, made by another implementation of the hash and run here through `commitment.ts`;
 * contracts/test/Commitment.t.sol runs the same file on the contracts. UPDATE_VECTORS=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePacked, keccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import { MAX_INT, TWO_52 } from '../base/fixedPoint.ts';
import { createStreams, nextInt } from '../base/stream.ts';
import { commitmentOf } from '../protocol/commitment.ts';
import { repoRoot } from './repoRoot.ts';

type Vector = {
  readonly outputId: number;
  readonly saltId: number;
  readonly account: number;
  readonly commitmentId: number;
};

const file = join(repoRoot(), 'fixtures', 'vectors', 'tasks', 'commitmentOf.json');
const COUNT = 40;
/** Bits that fill a half of a uint64 in one way or the other, and the ends of the range. */
const EDGES = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, TWO_52 - 1, TWO_52, MAX_INT] as const;

function reference(outputId: number, saltId: number, account: number): number {
  const types = ['uint64', 'uint64', 'uint64'] as const;
  const hash = keccak256(encodePacked(types, [BigInt(outputId), BigInt(saltId), BigInt(account)]));
  return Number(BigInt(hash) & (BigInt(TWO_52) - 1n));
}

function render(): string {
  const streams = createStreams(1, () => 'commitments');
  const wide = (): number => nextInt(streams, 0, TWO_52 - 1);
  const triples: [number, number, number][] = [];
  for (const edge of EDGES) triples.push([edge, 7, 32], [7, edge, 32], [7, 8, edge]);
  triples.push([0, 0, 0], [MAX_INT, MAX_INT, MAX_INT]);
  while (triples.length < COUNT) triples.push([wide(), wide(), 32 + nextInt(streams, 0, 1_000)]);
  const rows = triples.map(([outputId, saltId, account]) => {
    const vector: Vector = { outputId, saltId, account, commitmentId: reference(outputId, saltId, account) };
    return `    ${JSON.stringify(vector)}`;
  });
  return `{\n  "function": "commitmentOf",\n  "cases": [\n${rows.join(',\n')}\n  ]\n}\n`;
}

describe('fixtures/vectors/tasks/commitmentOf.json', () => {
  if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, render());
  const text = readFileSync(file, 'utf8');
  const { cases } = JSON.parse(text) as { readonly cases: readonly Vector[] };

  it('is what the reference makes', () => {
    expect(text).toBe(render());
    expect(cases.length).toBe(COUNT);
  });

  it('holds for the core', () => {
    for (const { outputId, saltId, account, commitmentId } of cases)
      expect([outputId, saltId, account, commitmentOf(outputId, saltId, account)]).toEqual([
        ...[outputId, saltId, account],
        commitmentId,
      ]);
  });

  it('has no two triples of one commitment', () => {
    expect(new Set(cases.map(({ commitmentId }) => commitmentId)).size).toBe(
      new Set(cases.map(({ outputId, saltId, account }) => `${outputId}/${saltId}/${account}`)).size,
    );
  });
});
