import { describe, expect, it } from 'vitest';
import {
  differencesOf,
  incomeUnits,
  intervalOf,
  nameOf,
  overSeeds,
  rowsOf,
  smallScenario,
  sumOf,
} from '../../sim/cli/testRun.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';

const SEEDS = [1, 2, 3, 4];
const SUBJECT = 'miner.1/0';
const PROOF = { text: 0, sketch: 1 } as const;

/** A small pool, so that lines come back and there is something to repeat. */
function network(subject: Pick<Group, 'strategy' | 'options'>, proof: keyof typeof PROOF) {
  return smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: 1 },
      { role: 'miner', strategy: 'steady', count: 2 },
      { role: 'miner', count: 1, ...subject },
      { role: 'validator', strategy: 'diligent', count: 5, options: { skill_bps: 10_000 } },
      { role: 'consumer', strategy: 'honest', count: 10 },
    ],
    {
      eras: 12,
      params: { 'val.audit_bps': 5_000, 'val.samples': 5, 'place.replicas': 3, 'val.proof': PROOF[proof] },
    },
  );
}

function measure(run: WorldRun) {
  const { account } = run.roster.agents.find((info) => nameOf(info) === SUBJECT)!;
  const own = run.eras.flatMap(({ audits }) => audits).filter((row) => row.account === account);
  const others = run.eras.flatMap(({ audits }) => audits).filter((row) => row.account !== account);
  const copied = own.filter(({ conduct }) => conduct === 'copied');
  const share = (some: typeof own) => some.filter(({ outcome }) => outcome === 'passed').length / some.length;
  return {
    audits: own.length,
    copied: copied.length,
    copiedPassed: share(copied),
    /** Repeated answers, whether they were proven or not. */
    sameText: own.filter(({ isSameText }) => isSameText === 1).length / own.length,
    passed: share(own),
    othersPassed: share(others),
    executedWu: sumOf(rowsOf(run, SUBJECT), 'executedWu'),
    incomeUnits: incomeUnits(rowsOf(run, SUBJECT)),
    leastPpb: Math.min(...copied.map(({ distancePpb }) => distancePpb)),
    rejectPpb: Math.max(...copied.map(({ rejectPpb }) => rejectPpb)),
  };
}

const PARROT = { strategy: 'parrot', options: {} };
const STEADY = { strategy: 'steady', options: { reinvest_bps: 0 } };

describe('BEH-50 parrot', () => {
  it('sketch > every copied sketch is rejected, as it was made under another nonce; it gets away with nothing, and others with everything', async () => {
    for (const found of await overSeeds(SEEDS, network(PARROT, 'sketch'), measure)) {
      expect(found.audits).toBeGreaterThan(50);
      // It repeats what was revealed wherever it can; the rest it makes up, and cannot open.
      expect(found.copied).toBeGreaterThan(10);
      expect([found.copiedPassed, found.passed, found.othersPassed]).toEqual([0, 0, 1]);
      expect(found.leastPpb).toBeGreaterThan(found.rejectPpb);
      expect(found.sameText).toBeGreaterThan(0.1);
      expect(found.executedWu).toBe(0);
    }
  });

  it('text > what it repeats passes, without an execution', async () => {
    for (const found of await overSeeds(SEEDS, network(PARROT, 'text'), measure)) {
      expect(found.passed).toBe(found.sameText);
      expect(found.passed).toBeGreaterThan(0.1);
      expect(found.executedWu).toBe(0);
    }
  });

  it('income > falls against a steady twin, and further with sketches than with text', async () => {
    const income = async (subject: typeof PARROT | typeof STEADY, proof: keyof typeof PROOF) =>
      (await overSeeds(SEEDS, network(subject, proof), measure)).map((found) => found.incomeUnits);
    const [steady, sketch, text] = [
      await income(STEADY, 'sketch'),
      await income(PARROT, 'sketch'),
      await income(PARROT, 'text'),
    ];
    expect(intervalOf(differencesOf(sketch, steady)).high).toBeLessThan(0);
    expect(intervalOf(differencesOf(text, sketch)).low).toBeGreaterThan(0);
  });
});
