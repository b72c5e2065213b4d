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
  note: 'era in which the miner leaves, with its node by the exit queue and with its provider; 0 is never',
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
const facets: OptionSpec = {
  unit: 'choice',
  options: ['deepnode', 'both', 'spheron'],
  fallback: 'deepnode',
  note: 'a node of the model market, a provider that is challenged and paid for liveness, or both on one machine',
};
const stakeTier: OptionSpec = {
  unit: 'count',
  min: 1,
  max: 7,
  fallback: 1,
  note: 'best trust tier for which it stakes, step by step',
};
const stakeMargin: OptionSpec = {
  unit: 'count',
  min: 1,
  max: 1_000_000,
  fallback: 1,
  note: 'tokens that it stakes beyond what its trust tier needs',
};
const factor: OptionSpec = {
  unit: 'mil',
  min: 1_000,
  max: 10_000,
  fallback: 2_000,
  note: 'what it registers of every resource, in thousandths of what it has',
};
/** Overrides {@link factor} for one resource. */
const factorOf = (resource: string): OptionSpec => ({
  unit: 'mil',
  min: 0,
  max: 10_000,
  fallback: 0,
  note: `what it registers of its ${resource}; 0 is like all others`,
});
const times: OptionSpec = {
  unit: 'count',
  min: 1,
  max: 16,
  fallback: 1,
  note: 'how many times what a machine of its class has its machine has',
};
const declaredTier = (max: number, fallback: number, what: string): OptionSpec => ({
  unit: 'count',
  min: 0,
  max,
  fallback,
  note: `class of ${what} that it declares; 0 is the true one`,
});
/** What every miner's provider takes. */
const providerOptions = { facets, stake_tier: stakeTier, stake_margin: stakeMargin } as const;
const licences: OptionSpec = { unit: 'count', min: 1, max: 100, fallback: 1, note: 'licences that it buys' };
const when: OptionSpec = {
  unit: 'choice',
  options: ['always', 'decisive'],
  fallback: 'always',
  note: 'reports falsely always, or only where its cartel has the seats that decide',
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
    options: {
      ...providerOptions,
      nodes,
      capacity,
      machine_times: times,
      reinvest_bps: reinvest,
      exit_era: exitEra,
      outage_bps: outage,
      cartel,
    },
  },
  {
    role: 'miner',
    name: 'newcomer',
    behaviour: 'BEH-2',
    intent: 'honest',
    summary: 'No history: enters late, on hardware as good as the scenario says, and builds its trust.',
    options: { ...providerOptions, nodes, capacity, reinvest_bps: reinvest, outage_bps: outage },
  },
  {
    role: 'miner',
    name: 'degrading',
    behaviour: 'BEH-3',
    intent: 'honest',
    summary: 'Means well on hardware that slows down and goes offline.',
    options: {
      ...providerOptions,
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
      ...providerOptions,
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
      ...providerOptions,
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
      ...providerOptions,
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
    role: 'miner',
    name: 'spoofer',
    behaviour: 'BEH-4',
    intent: 'malicious',
    summary: 'Registers a multiple of what its machine has and waits for the challenge that asks for it.',
    options: {
      ...providerOptions,
      facets: { ...facets, fallback: 'both' },
      nodes,
      capacity,
      factor_mil: { ...factor, fallback: 2_000 },
      cpu_factor_mil: factorOf('CPUs'),
      memory_factor_mil: factorOf('memory'),
      storage_factor_mil: factorOf('storage'),
      gpu_factor_mil: factorOf('GPUs'),
      evades: {
        unit: 'choice',
        options: ['off', 'on'],
        fallback: 'off',
        note: 'says nothing to a challenge that asks for more than it has, as if it had failed',
      },
      warned: {
        unit: 'choice',
        options: ['off', 'on'],
        fallback: 'off',
        note: 'throws its other work out for a challenge of which a Slark of its cartel has warned it',
      },
      outage_bps: outage,
      cartel,
    },
  },
  {
    role: 'miner',
    name: 'overclaimer',
    behaviour: 'BEH-5',
    intent: 'opportunistic',
    summary: 'Registers a ninth more than its machine has, which no challenge sees while it is idle.',
    options: {
      ...providerOptions,
      facets: { ...facets, fallback: 'spheron' },
      nodes,
      capacity,
      factor_mil: { ...factor, fallback: 1_110 },
      claim: {
        unit: 'choice',
        options: ['factor', 'unseen'],
        fallback: 'factor',
        note: 'registers the factor of what it has, or the most that no challenge of an idle machine can ask for',
      },
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'farmer',
    behaviour: 'BEH-6',
    intent: 'malicious',
    summary: 'Switches its machine on for part of each period only, to be paid for liveness with less of it.',
    options: {
      ...providerOptions,
      facets: { ...facets, fallback: 'spheron' },
      nodes,
      capacity,
      duty_period_s: {
        unit: 'count',
        min: 0,
        max: 864_000,
        fallback: 43_200,
        note: 'seconds after which its machine switches on again; 0 is never off',
      },
      duty_on_s: {
        unit: 'count',
        min: 1,
        max: 864_000,
        fallback: 21_600,
        note: 'seconds of each period in which it is on',
      },
      duty_start: {
        unit: 'choice',
        options: ['slot', 'any'],
        fallback: 'slot',
        note: 'switches on with a time slot, or at any second',
      },
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'prioritiser',
    behaviour: 'BEH-7',
    intent: 'malicious',
    summary: 'Has sold more CPUs than it has and throws its other work out for a challenge that needs them.',
    options: {
      ...providerOptions,
      facets: { ...facets, fallback: 'both' },
      nodes,
      capacity: { ...capacity, fallback: 32 },
      factor_mil: { ...factor, fallback: 1_200 },
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'hoarder',
    behaviour: 'BEH-16',
    intent: 'opportunistic',
    summary: 'Offers as much capacity as it can and serves everybody with cheaper weights.',
    options: {
      ...providerOptions,
      nodes: { ...nodes, fallback: 3 },
      capacity: { ...capacity, fallback: 64 },
      machine_times: { ...times, fallback: 4 },
      variant: variant('en-m4', 'weights that it runs for everybody'),
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'parker',
    behaviour: 'BEH-17',
    intent: 'opportunistic',
    summary: 'Keeps its tier with as little service as the demotion counter allows.',
    options: {
      ...providerOptions,
      facets: { ...facets, fallback: 'spheron' },
      stake_tier: { ...stakeTier, fallback: 5 },
      stake_margin: { ...stakeMargin, fallback: 100 },
      nodes,
      capacity,
      rest_eras: { unit: 'count', min: 0, max: 60, fallback: 4, note: 'eras in a row in which it rests; 0 is never' },
      work_eras: { unit: 'count', min: 1, max: 365, fallback: 1, note: 'eras of service between two rests' },
      rest_from_era: { unit: 'count', min: 0, max: 3_650, fallback: 9, note: 'era from which on it rests' },
      rest_slots: {
        unit: 'count',
        min: 0,
        max: 24,
        fallback: 12,
        note: 'slots of a resting era in which its machine is off',
      },
      idle_slots: {
        unit: 'count',
        min: 0,
        max: 24,
        fallback: 0,
        note: 'slots of any other era, from then on, in which it is off',
      },
      stake_back: {
        unit: 'choice',
        options: ['off', 'on'],
        fallback: 'off',
        note: 'from its first rest on it asks back the stake that its tier does not need',
      },
      outage_bps: outage,
    },
  },
  {
    role: 'miner',
    name: 'misdeclarer',
    behaviour: 'BEH-56',
    intent: 'opportunistic',
    summary: 'Declares the best class of everything that no challenge tests.',
    options: {
      ...providerOptions,
      facets: { ...facets, fallback: 'spheron' },
      nodes,
      capacity,
      region: { unit: 'count', min: 0, max: 64, fallback: 0, note: 'region that it declares; 64 is the true one' },
      storage_tier: declaredTier(3, 3, 'storage'),
      net_tier: declaredTier(4, 4, 'connectivity'),
      gpu_tier: declaredTier(10, 10, 'GPUs'),
      compliance: {
        unit: 'count',
        min: 0,
        max: 15,
        fallback: 15,
        note: 'bits of the certificates that it declares: SOC 2, HIPAA, GDPR, audit; 0 is the true ones',
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
    summary: 'Delegates to validators and nodes of high standing and providers of high yield, moves when they fall.',
    options: {
      share_bps: { unit: 'bps', min: 1, max: 10_000, fallback: 5_000, note: 'share of the wallet that it delegates' },
      auto_stake_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 5_000,
        note: 'chance that a delegation is set to auto-stake',
      },
      targets: {
        unit: 'choice',
        options: ['all', 'providers'],
        fallback: 'all',
        note: 'what it backs: validators, nodes and providers in turn, or providers only',
      },
      sensitivity: {
        unit: 'count',
        min: 0,
        max: 16,
        fallback: 4,
        note: 'power of a provider’s yield in the chance to be chosen; 0 is any of them',
      },
      inertia_eras: { unit: 'eras', min: 1, max: 365, fallback: 5, note: 'eras between two looks at the market' },
    },
  },

  {
    role: 'delegator',
    name: 'whale',
    behaviour: 'BEH-46',
    intent: 'opportunistic',
    summary: 'Puts nearly all it has behind one provider.',
    options: {
      share_bps: { unit: 'bps', min: 0, max: 10_000, fallback: 9_000, note: 'share of its wallet that it delegates' },
      target: {
        unit: 'count',
        min: 1,
        max: 1_000_000,
        fallback: 1,
        note: 'number of the provider, or the next active one',
      },
    },
  },
  {
    role: 'delegator',
    name: 'dodger',
    behaviour: 'BEH-47',
    intent: 'opportunistic',
    summary: 'Backs a good provider and asks its tokens back on the first bad news.',
    options: {
      share_bps: { unit: 'bps', min: 0, max: 10_000, fallback: 5_000, note: 'share of its wallet that it delegates' },
      react_slots: { unit: 'count', min: 0, max: 10_000, fallback: 0, note: 'slots between the news and its reaction' },
      target: {
        unit: 'count',
        min: 0,
        max: 1_000_000,
        fallback: 0,
        note: 'number of the provider that it backs first; 0 is the one of best tier',
      },
    },
  },

  {
    role: 'slark',
    name: 'diligent',
    behaviour: 'BEH-30',
    intent: 'honest',
    summary: 'Measures every target of its committees and reports what it measured, at once.',
    options: {
      licences,
      hosts: { unit: 'count', min: 0, max: 1_000, fallback: 4, note: 'licences of others that it runs, at most' },
      outage_bps: outage,
    },
  },
  {
    role: 'slark',
    name: 'absentee',
    behaviour: 'BEH-30',
    intent: 'honest',
    summary: 'Owns licences, has no machine and lets clients that are at work run them.',
    options: {
      licences,
      withdraw_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 0,
        note: 'share of its delegated rewards that it asks back, when none is on its way',
      },
      hands_over: {
        unit: 'choice',
        options: ['off', 'on'],
        fallback: 'off',
        note: 'hands a licence over to its runner as soon as it can change hands',
      },
    },
  },
  {
    role: 'slark',
    name: 'colluder',
    behaviour: 'BEH-31',
    intent: 'malicious',
    summary: 'Reports a pass for the providers of its cartel whatever it measured, or warns them beforehand.',
    options: {
      licences,
      cartel: { ...cartel, fallback: 1 },
      mode: {
        unit: 'choice',
        options: ['report', 'warn'],
        fallback: 'report',
        note: 'reports a pass for its cartel, or warns it and reports what it measured',
      },
      when,
      outage_bps: outage,
    },
  },
  {
    role: 'slark',
    name: 'inflator',
    behaviour: 'BEH-32',
    intent: 'malicious',
    summary: 'Reports failures that were none, to fill the pool that Slarks share.',
    options: {
      licences,
      lie_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 5_000,
        note: 'share of challenges that it reports as failed',
      },
      cartel,
      when,
      outage_bps: outage,
    },
  },
  {
    role: 'slark',
    name: 'overloaded',
    behaviour: 'BEH-33',
    intent: 'opportunistic',
    summary: 'Runs more licences on its machine than it carries.',
    options: { licences: { ...licences, fallback: 20 }, outage_bps: outage },
  },
  {
    role: 'slark',
    name: 'self-backer',
    behaviour: 'BEH-34',
    intent: 'opportunistic',
    summary: 'Has its rewards delegated to a provider of its own.',
    options: {
      licences,
      cartel: { ...cartel, fallback: 1 },
      extra_bps: {
        unit: 'bps',
        min: 0,
        max: 10_000,
        fallback: 0,
        note: 'share of its wallet that it delegates to that provider in every era, on top',
      },
      outage_bps: outage,
    },
  },
  {
    role: 'slark',
    name: 'copier',
    behaviour: 'BEH-35',
    intent: 'malicious',
    summary: 'Measures nothing and repeats what most of the others have handed in.',
    options: {
      licences,
      alone: {
        unit: 'choice',
        options: ['silent', 'pass'],
        fallback: 'silent',
        note: 'what it hands in where there is nothing to repeat',
      },
      outage_bps: outage,
    },
  },
  {
    role: 'slark',
    name: 'chaser',
    behaviour: 'BEH-55',
    intent: 'opportunistic',
    summary: 'Moves what it has earned to the provider of the best yield.',
    options: {
      licences,
      every_eras: { unit: 'count', min: 1, max: 365, fallback: 3, note: 'eras between two looks at the yields' },
      outage_bps: outage,
    },
  },
];
