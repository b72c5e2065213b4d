/** The catalogue of strategies: names, behaviours of protocol.md section 7 and options. Loaders and help read it; it runs nothing. */
import type { OptionSpec, StrategySpec } from '../sim/engine/scenario.ts';

const VARIANTS = ['en', 'ch', 'latin', 'en-m4', 'en-m3', 'en-m2', 'en-int8', 'en-w70'] as const;

function variant(fallback: (typeof VARIANTS)[number], note: string): OptionSpec {
  return { unit: 'choice', options: VARIANTS, fallback, note };
}

const cartel: OptionSpec = {
  unit: 'count',
  min: 0,
  max: 1_000,
  fallback: 0,
  note: 'number of the cartel that the agent belongs to; 0 is none',
};
const fee: OptionSpec = {
  unit: 'count',
  min: 1,
  max: 1_000_000,
  fallback: 2,
  note: 'price of a call of reference length, in thousandths of a token',
};
const models: OptionSpec = { unit: 'count', min: 1, max: 100, fallback: 1, note: 'models that the creator registers' };
const nodes: OptionSpec = { unit: 'count', min: 1, max: 100, fallback: 1, note: 'nodes that the miner runs' };
const capacity: OptionSpec = {
  unit: 'count',
  min: 1,
  max: 1_000,
  fallback: 8,
  note: 'deployments that a node can host',
};
const reinvest: OptionSpec = {
  unit: 'bps',
  min: 0,
  max: 10_000,
  fallback: 1_000,
  note: 'share of an era’s income that is added to the stake',
};
const exitEra: OptionSpec = {
  unit: 'eras',
  min: 0,
  max: 3_650,
  fallback: 0,
  note: 'era in which the miner leaves by the exit queue; 0 is never',
};
const outage: OptionSpec = {
  unit: 'bps',
  min: 0,
  max: 10_000,
  fallback: 0,
  note: 'chance per slot that the hardware goes down',
};
const drift: OptionSpec = {
  unit: 'mil',
  min: 0,
  max: 100_000,
  fallback: 0,
  note: 'slowdown per era, in thousandths of the measured device',
};
const skill: OptionSpec = {
  unit: 'bps',
  min: 0,
  max: 10_000,
  fallback: 9_900,
  note: 'share of checks that the validator reads correctly',
};

export const CATALOGUE: readonly StrategySpec[] = [
  {
    role: 'creator',
    name: 'steady',
    behaviour: 'BEH-24',
    intent: 'honest',
    summary: 'Registers a model, keeps it, repairs it when it is rejected.',
    options: { variant: variant('en', 'weights that it ships'), fee_milli: fee, models, cartel },
  },
  {
    role: 'creator',
    name: 'improver',
    behaviour: 'BEH-24',
    intent: 'honest',
    summary: 'Ships a better version every cycle, up to the best weights it knows.',
    options: {
      variant: variant('en-m3', 'weights of the first version'),
      cycle_eras: { unit: 'eras', min: 1, max: 365, fallback: 6, note: 'eras between versions' },
      fee_milli: fee,
      models,
      cartel,
    },
  },
  {
    role: 'creator',
    name: 'spammer',
    behaviour: 'BEH-28',
    intent: 'malicious',
    summary: 'Floods the registry with models whose papers are incomplete.',
    options: {
      per_era: { unit: 'count', min: 1, max: 100, fallback: 2, note: 'models registered per era' },
      limit: { unit: 'count', min: 1, max: 1_000, fallback: 20, note: 'models registered in all' },
    },
  },
  {
    role: 'creator',
    name: 'cloner',
    behaviour: 'BEH-29',
    intent: 'opportunistic',
    summary: 'Copies the most used model and offers it cheaper.',
    options: {
      undercut_bps: { unit: 'bps', min: 0, max: 9_900, fallback: 3_000, note: 'how much cheaper the clone is' },
      wait_eras: { unit: 'eras', min: 0, max: 365, fallback: 3, note: 'eras before it looks for a model to clone' },
    },
  },

  {
    role: 'miner',
    name: 'steady',
    behaviour: 'BEH-1',
    intent: 'honest',
    summary: 'Serves what it was asked to, reinvests, leaves by the queue.',
    options: { nodes, capacity, reinvest_bps: reinvest, exit_era: exitEra, outage_bps: outage, cartel },
  },
  {
    role: 'miner',
    name: 'newcomer',
    behaviour: 'BEH-2',
    intent: 'honest',
    summary: 'No history: enters late, on hardware as good as the scenario says, and builds its trust.',
    options: { nodes, capacity, reinvest_bps: reinvest, outage_bps: outage },
  },
  {
    role: 'miner',
    name: 'degrading',
    behaviour: 'BEH-3',
    intent: 'honest',
    summary: 'Means well on hardware that slows down and goes offline.',
    options: {
      nodes,
      capacity,
      outage_bps: { ...outage, fallback: 200 },
      drift_mil_per_era: { ...drift, fallback: 50 },
    },
  },
  {
    role: 'miner',
    name: 'cheater',
    behaviour: 'BEH-8',
    intent: 'malicious',
    summary: 'Serves a cheaper variant than the version it was paid for.',
    options: {
      nodes,
      capacity,
      variant: variant('en-m3', 'weights that it really runs'),
      cheat_bps: { unit: 'bps', min: 0, max: 10_000, fallback: 10_000, note: 'share of requests served with them' },
      cartel,
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'oscillator',
    behaviour: 'BEH-9',
    intent: 'malicious',
    summary: 'Builds reputation, cheats for a while, rebuilds.',
    options: {
      nodes,
      capacity,
      variant: variant('en-m2', 'weights that it runs while it cheats'),
      honest_eras: { unit: 'eras', min: 1, max: 365, fallback: 8, note: 'eras of honest work' },
      cheat_eras: { unit: 'eras', min: 1, max: 365, fallback: 3, note: 'eras of cheating' },
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'whitewasher',
    behaviour: 'BEH-10',
    intent: 'malicious',
    summary: 'Cheats until a fresh node would be worth more, then abandons its node and enters anew.',
    options: {
      capacity,
      variant: variant('en-m2', 'weights that it really runs'),
      leave_below_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 5_000,
        note: 'trust weight times quality below which it abandons a node, as a share of a fresh node’s',
      },
      outage_bps: outage,
    },
  },

  {
    role: 'validator',
    name: 'diligent',
    behaviour: 'BEH-18',
    intent: 'honest',
    summary: 'Executes every check and submits in time.',
    options: {
      skill_bps: skill,
      rotate_eras: { unit: 'eras', min: 0, max: 365, fallback: 10, note: 'eras between key rotations; 0 is never' },
    },
  },
  {
    role: 'validator',
    name: 'lazy',
    behaviour: 'BEH-19',
    intent: 'malicious',
    summary: 'Votes without testing, by a prior.',
    options: {
      prior_bps: { unit: 'bps', min: 0, max: 10_000, fallback: 10_000, note: 'share of votes that are pass' },
    },
  },
  {
    role: 'validator',
    name: 'copier',
    behaviour: 'BEH-20',
    intent: 'malicious',
    summary: 'Waits and repeats a published verdict.',
    options: {
      noise_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 0,
        note: 'share of reports that it rewrites, so that they no longer look copied',
      },
    },
  },
  {
    role: 'validator',
    name: 'colluder',
    behaviour: 'BEH-21',
    intent: 'malicious',
    summary: 'Passes whatever belongs to its cartel, checks the rest.',
    options: { cartel: { ...cartel, fallback: 1 }, skill_bps: skill },
  },
  {
    role: 'validator',
    name: 'conformist',
    behaviour: 'BEH-23',
    intent: 'opportunistic',
    summary: 'Votes the majority it expects rather than what it measured.',
    options: {
      prior_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 5_000,
        note: 'share of votes that follow the expected majority',
      },
      skill_bps: skill,
    },
  },

  {
    role: 'consumer',
    name: 'honest',
    behaviour: 'BEH-40',
    intent: 'honest',
    summary: 'Prepays, chooses by rank and price, rates what it got.',
    options: {
      budget_milli: {
        unit: 'count',
        min: 1,
        max: 1_000_000,
        fallback: 200,
        note: 'prepaid balance that it keeps, in thousandths of a token',
      },
      max_fee_milli: {
        unit: 'count',
        min: 1,
        max: 1_000_000,
        fallback: 100,
        note: 'dearest call it accepts at reference length, in thousandths of a token',
      },
    },
  },
  {
    role: 'consumer',
    name: 'brigader',
    behaviour: 'BEH-42',
    intent: 'malicious',
    summary: 'Sends many tiny paid requests and rates them falsely.',
    options: {
      cartel: { ...cartel, fallback: 1 },
      per_slot: { unit: 'count', min: 1, max: 1_000, fallback: 2, note: 'requests per slot' },
    },
  },
  {
    role: 'consumer',
    name: 'spammer',
    behaviour: 'BEH-44',
    intent: 'malicious',
    summary: 'Sends requests it has not paid for and calls functions that are not for it.',
    options: { per_slot: { unit: 'count', min: 1, max: 1_000, fallback: 2, note: 'requests per slot' } },
  },

  {
    role: 'delegator',
    name: 'yield-seeker',
    behaviour: 'BEH-45',
    intent: 'honest',
    summary: 'Delegates to validators and nodes of high standing, moves when they fall.',
    options: {
      share_bps: { unit: 'bps', min: 1, max: 10_000, fallback: 5_000, note: 'share of the wallet that it delegates' },
      auto_stake_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 5_000,
        note: 'chance that a delegation is set to auto-stake',
      },
    },
  },
];
