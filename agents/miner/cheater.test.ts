import { beforeAll, describe, expect, it } from 'vitest';
import { differencesOf, intervalOf, nameOf, overSeeds, recordRun, smallScenario } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { MOVE } from '../../sim/protocol/events.ts';
import { F, STRIDE } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const SUBJECT = 'miner.1/0';

/** Three miners host everything there is; half of the answers are checked. */
function network(subject: Pick<Group, 'strategy' | 'options'>): Scenario {
  return smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: 2 },
      { role: 'miner', strategy: 'steady', count: 2 },
      { role: 'miner', count: 1, ...subject },
      { role: 'validator', strategy: 'diligent', count: 5 },
      { role: 'consumer', strategy: 'honest', count: 8 },
    ],
    {
      eras: 12,
      params: { 'val.audit_bps': 5_000, 'val.samples': 10, 'place.replicas': 3 },
      record: { agents: 'all', events: 'all' },
    },
  );
}

/** A steady miner that, like a cheater, keeps what it earns. */
const HONEST = network({ strategy: 'steady', options: { reinvest_bps: 0 } });
const CHEAP = network({ strategy: 'cheater', options: { variant: 'en-m3' } });

type Found = {
  readonly checked: number;
  readonly accepted: number;
  readonly quality: number;
  readonly powrTokens: number;
};

function measure({ roster, eras, shared, state }: WorldRun): Found {
  const { account } = roster.agents.find((info) => nameOf(info) === SUBJECT)!;
  const rows = eras.flatMap(({ agents }) => agents.filter((row) => row.account === account));
  const checked = rows.reduce((sum, row) => sum + row.checkedCount, 0);
  const node = shared.lists.nodesOfAccount.head[account]!;
  const rewards = eras
    .flatMap(({ events }) => events)
    .filter(({ name, c, e }) => name === 'RewardPaid' && c === account && e === MOVE.powrReward);
  return {
    checked,
    accepted: rows.reduce((sum, row) => sum + row.acceptedCount, 0) / checked,
    quality: state.nodeTrust[node * STRIDE.nodeTrust + F.nodeTrust.qualityFp]! / 1_000_000_000,
    powrTokens: rewards.reduce((sum, { d }) => sum + d, 0) / shared.unitsPerToken,
  };
}

describe('changing one miner’s variant changes its accepted answers, its quality and its PoWR reward', () => {
  let honest: Found[] = [];
  let cheap: Found[] = [];
  beforeAll(async () => {
    honest = await overSeeds(SEEDS, HONEST, measure);
    cheap = await overSeeds(SEEDS, CHEAP, measure);
  });

  it('the miner is checked in every run', () => {
    for (const { checked } of [...honest, ...cheap]) expect(checked).toBeGreaterThan(50);
  });

  it('run as declared > every checked answer is accepted', () => {
    expect(honest.map(({ accepted }) => accepted)).toEqual(SEEDS.map(() => 1));
  });

  it.each(['accepted', 'quality', 'powrTokens'] as const)(
    'run with en-m3 instead of en > %s falls, by an interval over six seeds that excludes 0',
    (metric) => {
      const { high, mean } = intervalOf(
        differencesOf(
          cheap.map((found) => found[metric]),
          honest.map((found) => found[metric]),
        ),
      );
      expect(high).toBeLessThan(0);
      // A third or more: en-m3 reads one medium line in two, and one hard line in five, as en does.
      const typical = honest.reduce((sum, found) => sum + found[metric], 0) / SEEDS.length;
      expect(-mean / typical).toBeGreaterThan(1 / 3);
    },
  );
});

describe('cheat_bps', () => {
  it('0 > the run is that of an honest miner, bit for bit', async () => {
    const [digest] = await overSeeds([1], HONEST, ({ outcome }) => outcome.digest);
    const none = network({ strategy: 'cheater', options: { cheat_bps: 0 } });
    expect(await overSeeds([1], none, ({ outcome }) => outcome.digest)).toEqual([digest]);
  });

  it('3000 > that share of the answers is a cheap one', async () => {
    const third = network({ strategy: 'cheater', options: { cheat_bps: 3_000 } });
    const [found] = await overSeeds([1], third, measure);
    // 30 % of the answers are cheap ones, of which 60 % are found out: about 18 % are refused.
    expect(1 - found!.accepted).toBeGreaterThan(0.08);
    expect(1 - found!.accepted).toBeLessThan(0.28);
  });
});

describe('the others, when one miner changes its variant', () => {
  it('decide and draw the same until its first cheap answer, and keep their hardware and their demand to the end', async () => {
    const [honest, cheap] = [await recordRun(HONEST), await recordRun(CHEAP)];
    const served = cheap.decisions.findIndex(({ by }) =>
      by.get(SUBJECT)!.some((text) => text.startsWith('serveRequest')),
    );
    expect(served).toBeGreaterThan(100);
    for (let i = 0; i < served; i++) {
      expect(cheap.decisions[i]).toEqual(honest.decisions[i]);
      expect(cheap.streams[i + 1]).toEqual(honest.streams[i + 1]);
    }
    expect(cheap.worlds).toEqual(honest.worlds);
    const demandOf = ({ run }: typeof honest) => run.shared.streams.slice(run.roster.agents.length * 4);
    expect(demandOf(cheap)).toEqual(demandOf(honest));
  });
});
