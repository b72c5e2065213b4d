import { describe, expect, it } from 'vitest';
import type { SessionResult } from './session.ts';
import { renderSummary } from './summary.ts';

const RESULT: SessionResult = {
  directory: 'runs/tiny-c0ffee01-s7',
  scenarioYaml: '',
  summary: {
    'income.miner': 5,
    'income.miner.steady': 12_345.6789,
    'profit.miner.steady': -0.5,
    'penalty.miner.steady': 0,
    'standing.miner.steady': 0.7341,
    'accepted.miner.steady': 1,
    'income.consumer.honest': 0,
    'profit.consumer.honest': -99.99951,
    'penalty.consumer.honest': 0,
    'requests.total': 1_234,
    'requests.served_share': 0.98765,
    'tasks.wrong_share': 0.0125,
    'gini.wealth': 0.4567,
  },
  verdicts: [
    { text: 'income.miner.steady > 0', measured: 12_345.6789, holds: true, problem: null },
    { text: 'profit.nobody > 0', measured: null, holds: false, problem: 'there is no metric "profit.nobody"' },
  ],
  manifest: {
    version: 1,
    state: 'complete',
    name: 'tiny',
    seed: 7,
    eras: 2,
    erasDone: 2,
    ledger: 'lockstep',
    scenarioHash: 'c0ffee01',
    scenarioFile: 'tiny.yaml',
    digest: 'ab'.repeat(32),
    exact: true,
    command: 'powr run tiny.yaml',
    roles: { miner: 1, consumer: 1 },
    lockstep: { comparedEraCount: 2, comparedWordCount: 54_321, differenceCount: 0 },
    invariants: { checkedCount: 52, violatedCount: 0, ids: ['INV-1', 'INV-2'] },
    expectations: [],
    actions: { accepted: { openSlot: 48, serveRequest: 1_200 }, rejected: { delegate: 3 }, reasons: { NotOwner: 3 } },
    messages: { ignored: {} },
    inference: {
      mode: 'replay',
      device: 'cpu: a machine',
      runtime: 'onnxruntime-node 1',
      executedCount: 0,
      replayedCount: 90,
      comparedCount: 0,
      sketchedCount: 0,
      validatorDevice: 'cpu: a machine',
      byVariant: {},
    },
    chain: {
      anvil: 'anvil 1.7.1',
      blockCount: 200,
      transactionCount: 260,
      signedTransactionCount: 26,
      gasUsed: 123_456_789,
      gasByAction: {},
      rpcCalls: {},
      actionsPerWallS: 500,
      gasPerWallS: 40_000_000,
    },
    demand: {
      requestCount: 19_366,
      medianInputTokens: 1_020,
      medianOutputTokens: 129,
      interArrivalCv: 1.09417,
      dispersionIndex10s: 3.857,
    },
    versions: {},
    host: { cpu: 'AMD EPYC', cores: 2, memoryGb: 8, platform: 'linux x64' },
    threads: 2,
    startedAt: '2026-01-01T00:00:00.000Z',
    wallMs: 3_140,
  },
};

describe('renderSummary', () => {
  it('tells a result in words and one table', () => {
    expect(renderSummary(RESULT, 'runs/tiny/report.html', false)).toMatchInlineSnapshot(`
      "tiny · seed 7 · 2 eras · ledger lockstep
      lockstep: 0 differences in 2 eras, 54,321 storage words compared
      invariants: 2 checked at each era's end, 0 violated
      actions: 1,248 accepted of 2 kinds, 3 rejected for 1 reasons
      inferences: 0 executed, 90 replayed · cpu: a machine · onnxruntime-node 1
      chain: anvil 1.7.1 · 200 blocks, 260 transactions (26 signed by agents), 123,456,789 gas · 500 actions/s, 40,000,000 gas/s end to end
      demand as issued: 19,366 requests, medians 1020/129 tokens, inter-arrival CV 1.094, 10-s index of dispersion 3.86

        per agent, whole run  income    profit  penalties  standing  accepted
        miner steady          12,346    -0.500      0.000    73.4 %   100.0 %
        consumer honest        0.000  -100.000      0.000         –         –
        amounts in tokens; standing: mean trust weight, reputation or market rank at the end; accepted: outputs or votes

      requests: 1,234, 98.77 % served · wrong validation outcomes: 1.25 % · wealth Gini 0.457
      holds income.miner.steady > 0 (measured 12345.7)
      FAILS profit.nobody > 0 (there is no metric "profit.nobody")
      digest abababababababababababababababababababababababababababababababab
      3.1 s on AMD EPYC, 2 cores, 2 agent threads
      run directory runs/tiny-c0ffee01-s7, report runs/tiny/report.html
      "
    `);
  });

  it('given a core run without demand, groups or directory > leaves out what there is not', () => {
    const bare: SessionResult = {
      ...RESULT,
      directory: null,
      verdicts: [],
      summary: {},
      manifest: { ...RESULT.manifest, ledger: 'core', lockstep: null, chain: null, demand: null },
    };
    expect(renderSummary(bare, null, false)).toMatchInlineSnapshot(`
      "tiny · seed 7 · 2 eras · ledger core
      invariants: 2 checked at each era's end, 0 violated
      actions: 1,248 accepted of 2 kinds, 3 rejected for 1 reasons
      inferences: 0 executed, 90 replayed · cpu: a machine · onnxruntime-node 1

      requests: 0, 0.00 % served · wrong validation outcomes: 0.00 % · wealth Gini 0.000
      digest abababababababababababababababababababababababababababababababab
      3.1 s on AMD EPYC, 2 cores, 2 agent threads
      "
    `);
  });

  it('given a compute market > tells orders, money, prices and use', () => {
    const market: Record<string, number> = {
      ...{ orders: 3_672, matched_share: 0.8295, expired_share: 0.1705, bids_per_order: 9.4357, leases: 3_106 },
      ...{ open_leases: 143, breaches: 71, gross: 65_725.4, commission: 13_145.03, fees: 462.5, foreign_share: 0.1954 },
      ...{
        charged_h: 23_456.7,
        undeployed_share: 0.0123,
        overcharge_share: 0.0004,
        wait_matched_s: 61.6,
        wait_lost_s: 3_600,
      },
      ...{
        self_leases: 31,
        cpu_hour_price: 0.22906,
        gpu_hour_price: 0,
        cpu_utilisation: 0.0486,
        gpu_utilisation: 0.0375,
      },
    };
    const named = Object.fromEntries(Object.entries(market).map(([name, value]) => [`market.${name}`, value]));
    const text = renderSummary({ ...RESULT, summary: { ...RESULT.summary, ...named } }, null, false);
    expect(text.split('\n').filter((line) => /^(market|time|leases): /.test(line))).toEqual([
      'market: 3,672 orders, 82.95 % matched, 17.05 % expired, 9.44 bids each · 3,106 leases, 31 of them of providers with themselves, 143 open at the end, 71 breaches',
      'time: 23,457 hours charged, 1.23 % before the deployment, 0.04 % without a service · orders matched after 62 s, expired after 3,600 s',
      'leases: gross 65,725, commission 13,145, fees 463 tokens, 19.54 % in foreign assets · price 0.229 per CPU-hour, none per GPU lease-hour · in use 4.86 % of CPUs, 3.75 % of GPUs',
    ]);
    expect(renderSummary(RESULT, null, false)).not.toMatch(/^market: /m);
  });

  it('with colours > says the same words', () => {
    const coloured = renderSummary(RESULT, null, true);
    expect(coloured).toContain('\u001b[32m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderSummary(RESULT, null, false));
  });

  it('given a difference between the ledgers > shows it in red', () => {
    const broken: SessionResult = {
      ...RESULT,
      manifest: { ...RESULT.manifest, lockstep: { comparedEraCount: 1, comparedWordCount: 10, differenceCount: 2 } },
    };
    expect(renderSummary(broken, null, true)).toContain('\u001b[31mlockstep: 2 differences in 1 eras');
  });
});
