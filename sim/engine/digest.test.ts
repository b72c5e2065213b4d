import { beforeAll, describe, expect, it } from 'vitest';
import { runSmall, smallScenario } from '../cli/testRun.ts';
import { FIELDS, STRIDE, TABLES_OF_CONTRACT, type TableName } from '../protocol/layout.ts';
import { createState, type State } from '../protocol/state.ts';
import { digestOf, packState, packWords, usedRanges, wordsOfRange } from './digest.ts';
import { createTestInference } from './testInference.ts';

const TABLES = Object.keys(FIELDS) as TableName[];
/** Consumers that rent often and change what they have rented. */
const RENTING = {
  ...{ lease_bps: 4_000, fizz_bps: 4_000, foreign_bps: 4_000, gpu_bps: 0, cpu_max: 4, update_bps: 2_000 },
  ...{ worth_min_mil: 20_000, worth_max_mil: 40_000, dollars: 5_000 },
};

describe('packWords', () => {
  it('packs four numbers a word as Solidity does: the first field in the lowest bytes, big-endian', () => {
    const s = createState();
    s.nodes.set([1, 2, 2 ** 53 - 1, 0x0102030405], STRIDE.nodes);
    const { fromWord } = wordsOfRange('nodes', { from: 1, to: 2 });
    const hex = Buffer.from(packWords(s, 'nodes', fromWord, fromWord + 1)).toString('hex');
    expect(hex).toBe('0000000102030405' + '001fffffffffffff' + '0000000000000002' + '0000000000000001');
  });

  it('packs four records of a table of one field into a word', () => {
    const s = createState();
    s.wallets.set([10, 11, 12, 13], 32);
    expect(wordsOfRange('wallets', { from: 32, to: 36 })).toEqual({ fromWord: 8, toWord: 9 });
    expect(wordsOfRange('wallets', { from: 33, to: 37 })).toEqual({ fromWord: 8, toWord: 10 });
    const hex = Buffer.from(packWords(s, 'wallets', 8, 9)).toString('hex');
    expect(hex).toBe('000000000000000d' + '000000000000000c' + '000000000000000b' + '000000000000000a');
  });

  it('beyond the end of a table > gives zeros', () => {
    expect(packWords(createState({ nodes: 1 }), 'nodes', 7, 9)).toEqual(new Uint8Array(64));
  });
});

describe('digest of a ledger in use', () => {
  let s: State;
  let digest: string;
  const isUsed = (state: State, table: TableName): boolean =>
    usedRanges(state, table).some(({ from, to }) => to > from) && state[table].some((value) => value !== 0);

  /** A run up to the first slot of its last quarter, in the middle of an era, in which every table is in use; to its end if none is. */
  async function runUntilUsed(seed: number): Promise<State> {
    let slots = 0;
    let state: State | undefined;
    const run = await runSmall(
      smallScenario(
        [
          { role: 'creator', strategy: 'improver', count: 2, options: { cycle_eras: 2 } },
          { role: 'miner', strategy: 'steady', count: 3, options: { outage_bps: 2_000, facets: 'both' } },
          { role: 'miner', strategy: 'steady', count: 2, options: { exit_era: 3 } },
          { role: 'miner', strategy: 'whitewasher', count: 1, openTokens: 5_000 },
          { role: 'validator', strategy: 'diligent', count: 3 },
          { role: 'validator', strategy: 'copier', count: 1 },
          { role: 'consumer', strategy: 'honest', count: 4 },
          { role: 'delegator', strategy: 'yield-seeker', count: 2 },
          { role: 'slark', strategy: 'diligent', count: 6, options: { outage_bps: 1_500, hosts: 2 } },
          { role: 'slark', strategy: 'absentee', count: 2, options: { withdraw_bps: 5_000 } },
          { role: 'miner', strategy: 'steady', count: 2, options: { facets: 'spheron', gateway: 'on' } },
          { role: 'miner', strategy: 'misuser', count: 2, options: { misuse_bps: 5_000 } },
          { role: 'fizz', strategy: 'evening', count: 3, openTokens: 300 },
          { role: 'consumer', strategy: 'renter', count: 8, openTokens: 20_000, options: RENTING },
          { role: 'matchmaker', strategy: 'honest', count: 3 },
        ],
        {
          seed,
          eras: 12,
          params: {
            'val.samples': 5,
            'val.audit_bps': 5_000,
            'node.exit_eras': 1,
            'model.register_stake': 5,
            // Committees that are sometimes not full, and providers that cannot be rated well enough.
            'chal.n': 1,
            'match.mode': 1,
            'match.operators': 3,
            'fizz.reward_mode': 1,
            'fizz.dao': 1,
            'deleg.unbond_eras': 1,
            'slark.foundation_nodes': 0,
            'fb.min_samples': 1,
            'tier.feedback_tenths.7': 50,
          },
        },
      ),
      {
        inference: createTestInference({ poolSamples: 60 }),
        hooks: {
          checkInvariants(ledger) {
            state = ledger;
            return [];
          },
          // At the end of an era some tables are cleared.
          stopRequested: () => ++slots > 216 && slots % 24 !== 0 && TABLES.every((table) => isUsed(state!, table)),
        },
      },
    );
    return run.state;
  }

  beforeAll(async () => {
    // Which leases are open in a slot is chance: the first seed that has some at the right time is taken.
    for (let seed = 1; seed <= 5; seed++) {
      s = await runUntilUsed(seed);
      if (TABLES.every((table) => isUsed(s, table))) break;
    }
    expect(TABLES.filter((table) => !isUsed(s, table))).toEqual([]);
    digest = digestOf(packState(s));
  });

  it.each(TABLES)(
    '%s: every record that is not 0 is covered, but for requests and challenges of earlier slots',
    (table) => {
      const covered = new Uint8Array(s[table].length);
      for (const range of usedRanges(s, table)) covered.fill(1, range.from * STRIDE[table], range.to * STRIDE[table]);
      const missed: number[] = [];
      for (let at = 0; at < covered.length; at++) if (s[table][at] !== 0 && covered[at] === 0) missed.push(at);
      if (table !== 'requests' && table !== 'challenges') expect(missed).toEqual([]);
      expect(s[table].some((value) => value !== 0)).toBe(true);
    },
  );

  it.each(TABLES)('%s: a number more or less anywhere changes it', (table) => {
    const ranges = usedRanges(s, table).filter((range) => range.to > range.from);
    for (const { from, to } of [ranges[0]!, ranges[ranges.length - 1]!]) {
      for (const at of [from * STRIDE[table], to * STRIDE[table] - 1]) {
        s[table][at]! += 1;
        expect(digestOf(packState(s))).not.toBe(digest);
        s[table][at]! -= 1;
      }
    }
    expect(digestOf(packState(s))).toBe(digest);
  });

  it('covers every table of every contract once, in the order of the contracts', () => {
    const tables = packState(s).map(({ contract, table }) => `${contract}.${table}`);
    const wanted = Object.entries(TABLES_OF_CONTRACT).flatMap(([contract, names]) =>
      names.map((name) => `${contract}.${name}`),
    );
    expect([...new Set(tables)]).toEqual(wanted);
    expect(wanted).toHaveLength(TABLES.length);
  });

  it('two numbers that change places are not the same ledger', () => {
    const [a, b] = [s.wallets[33]!, s.wallets[34]!];
    expect(a).not.toBe(b);
    s.wallets.set([b, a], 33);
    expect(digestOf(packState(s))).not.toBe(digest);
    s.wallets.set([a, b], 33);
  });
});
