/**
 * Certificates with real signatures, made by `bls.ts` over what `certificates.ts` packs: what the chain must take, for
 * `contracts/test/Challenges.t.sol`. UPDATE_VECTORS=1 writes them anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateMessage, keyIdOf, packResults } from '../protocol/certificates.ts';
import {
  aggregate,
  possessionWords,
  publicKeyWords,
  secretKeyOf,
  sign,
  verifyGroups,
  verifyPossession,
} from './bls.ts';
import { repoRoot } from './repoRoot.ts';

const file = join(repoRoot(), 'fixtures', 'vectors', 'bls', 'certificates.json');
/** The slot and class at which the contracts' test presents them. */
const [SLOT, CLASS] = [2, 1];
const SEATS = 5;
/** The account that registers the keys. */
const ACCOUNT = 32;
const TARGETS = [1, 5, 24, 25];
const [PASS, FAIL] = [1, 2];

const secrets = Array.from({ length: SEATS }, (_, seat) => secretKeyOf(`certificate vector/${seat}`));

/** Seats 0 to 2 found that all passed, 3 and 4 that every third failed. */
function groupsOf(targets: number) {
  const all = Array.from({ length: targets }, () => PASS!);
  const some = all.map((result, i) => (i % 3 === 0 ? FAIL! : result));
  return [
    { seats: [0, 1, 2], resultWords: packResults(all) },
    { seats: [3, 4], resultWords: packResults(some) },
  ];
}

function certificate(targets: number): number[] {
  const groups = groupsOf(targets);
  const signatures = groups.flatMap(({ seats, resultWords }) =>
    seats.map((seat) => sign(secrets[seat]!, certificateMessage(SLOT!, CLASS!, resultWords))),
  );
  const words = groups.flatMap(({ seats, resultWords }) => [
    seats.reduce((mask, seat) => mask + 2 ** seat, 0),
    ...resultWords,
  ]);
  return [...words, ...aggregate(signatures)];
}

function render(): string {
  const keys = secrets.map((secret) => ({
    words: [...publicKeyWords(secret), ...possessionWords(secret, ACCOUNT)],
    keyId: keyIdOf(publicKeyWords(secret)),
  }));
  const cases = TARGETS.map((targets) => ({ targets, groups: 2, words: certificate(targets) }));
  const lines = (list: readonly object[]) => list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  return `{\n  "function": "certifyResults",\n  "slot": ${SLOT},\n  "class": ${CLASS},\n  "keys": [\n${lines(keys)}\n  ],\n  "cases": [\n${lines(cases)}\n  ]\n}\n`;
}

describe('fixtures/vectors/bls/certificates.json', () => {
  if (process.env.UPDATE_VECTORS === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, render());
  }
  const text = readFileSync(file, 'utf8');

  it('is what the keys sign', () => {
    expect(text).toBe(render());
  });

  it('holds for the check of the core beside a chain', () => {
    const keys = secrets.map((secret) => publicKeyWords(secret));
    secrets.forEach((secret, seat) => {
      expect(verifyPossession(keys[seat]!, ACCOUNT, possessionWords(secret, ACCOUNT))).toBe(true);
    });
    for (const targets of TARGETS) {
      const groups = groupsOf(targets).map(({ seats, resultWords }) => ({
        keyWords: seats.map((seat) => keys[seat]!),
        message: certificateMessage(SLOT!, CLASS!, resultWords),
      }));
      expect(verifyGroups(groups, certificate(targets).slice(-32))).toBe(true);
    }
  });
});
