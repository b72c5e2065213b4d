/** The vectors of the protocol on the core; `vectors.e2e.test.ts` runs the same files on the contracts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyAction } from '../protocol/apply.ts';
import { repoRoot } from './repoRoot.ts';
import {
  changesSince,
  checkVector,
  codeOf,
  copyTables,
  eventsOf,
  loadVectors,
  openVector,
  scheduleOf,
  uncovered,
  VECTOR_FAMILIES,
} from './vectorFile.ts';

const root = repoRoot();
const loaded = loadVectors(root);
const protocolText = join(root, '..', 'shared', 'protocol.md');

describe.each(VECTOR_FAMILIES)('fixtures/vectors/%s', (family) => {
  const own = loaded.filter((entry) => entry.family === family);

  it('has three vectors at least, with an accepted and a rejected action among them', () => {
    expect(own.length).toBeGreaterThanOrEqual(3);
    const codes = own.flatMap(({ vector }) => vector.expected.codes);
    expect(codes).toContain('accepted');
    expect(codes.some((code) => code !== 'accepted')).toBe(true);
  });

  it.each(own.map(({ file, vector }) => [file, vector.name, vector] as const))('%s > %s', (_file, _name, vector) => {
    expect(checkVector(vector)).toEqual([]);
    const s = openVector(vector);
    const before = copyTables(s);
    const codes = scheduleOf(vector).map(({ nowS, action }) => {
      s.nowS = nowS;
      return codeOf(applyAction(s, action), s.rejectHave, s.rejectNeed);
    });
    expect(codes).toEqual(vector.expected.codes);
    expect(changesSince(before, s)).toEqual(vector.expected.postState);
    expect(eventsOf(s)).toEqual(vector.expected.events);
  });
});

describe('the vectors together', () => {
  it('show every action accepted, and every rejection that can be reached', () => {
    const { actions, rejections } = uncovered(loaded.map(({ vector }) => vector));
    expect(actions).toEqual([]);
    // The first cannot be reached by an action: see the tables of layout.test.ts. The others come from whoever checks
    // signatures, which the core alone does not: see challenges.lockstep.e2e.test.ts.
    expect(rejections).toEqual(['TaskAlreadyOpen', 'InvalidKey', 'InvalidSignature']);
  });

  it.skipIf(!existsSync(protocolText))('name rules that the specification has', () => {
    const text = readFileSync(protocolText, 'utf8');
    const rules = new Set(loaded.flatMap(({ vector }) => vector.rules));
    expect([...rules].filter((rule) => !new RegExp(`\\b${rule}\\b`).test(text))).toEqual([]);
  });
});
