import { it } from 'vitest';
import { openReplay, runSmall, smallScenario, intervalOf, differencesOf, rowsOf, sumOf } from '../../sim/cli/testRun.ts';
const inference = openReplay(60);
const SEEDS = [1,2,3,4,5,6,7,8,9,10];
export const fmt = (a: number[]) => a.map((x) => +x.toFixed(3)).join(' ');
async function over(sc: any, measure: any) { const out: any[] = []; for (const seed of SEEDS) out.push(measure(await runSmall({ ...sc, seed }, { inference: await inference }))); return out; }
const mean = (a: number[]) => a.reduce((x, y) => x + y, 0) / a.length;
function cmp(label: string, a: any[], b: any[]) {
  for (const k of Object.keys(a[0])) {
    const d = differencesOf(a.map((x) => x[k]), b.map((x) => x[k])); const i = intervalOf(d);
    console.log(label, k, 'dev', fmt([mean(a.map((x) => x[k]))]), 'hon', fmt([mean(b.map((x) => x[k]))]), 'diff', fmt([i.low, i.mean, i.high]));
  }
}
const P = { 'time.slots_per_era': 6, 'fdeleg.budget': 0, 'tier.count_delegations': 0 };
const net = (subject: any, eras: number, o: any = {}) => smallScenario([
  { role: 'miner', strategy: 'steady', count: 4, options: { facets: 'spheron', ...o.miner } },
  ...(o.extra ?? []),
  { role: 'slark', strategy: 'diligent', count: o.peers ?? 7, ...o.peer },
  { role: 'slark', count: 1, ...subject },
  { role: 'consumer', strategy: 'honest', count: 1 },
] as any, { eras, params: { ...P, ...o.params } });
const licRows = (run: any, name: string) => { const acc = rowsOf(run, name)[0]!.account; return run.eras.map((e: any) => e.slarks.filter((l: any) => l.account === acc)); };
const slarkM = (run: any) => {
  const rows = licRows(run, 'slark.1/0'); const all = rows.flat();
  const s = (k: string) => all.reduce((t: number, r: any) => t + r[k], 0);
  const last = rows[rows.length - 1];
  return { accuracy: s('alignedCount') / s('resultCount'), answered: s('resultCount'), tier: last.reduce((t: number, r: any) => t + r.tierAfter, 0) / last.length, aligned: s('alignedCount'), banned: last.filter((r: any) => r.stateAfter === 'banned').length, silent: all.filter((r: any) => r.selectedCount > 0).reduce((t: number, r: any) => t + Math.max(0, r.selectedCount - r.resultCount), 0) / s('selectedCount'), delay: mean(all.filter((r: any) => r.meanDelayMs > 0).map((r: any) => r.meanDelayMs)), income: sumOf(rowsOf(run, 'slark.1/0'), 'slarkUnits') / 1e6, spent: sumOf(rowsOf(run, 'slark.1/0'), 'spentUnits') / 1e6 };
};

const Q = { 'time.slots_per_era': 6, 'fdeleg.budget': 0 };
const hhi = (a: number[]) => { const t = a.reduce((x, y) => x + y, 0); return t === 0 ? 0 : a.reduce((x, y) => x + (y / t) ** 2, 0); };
it('34', async () => {
  for (const k of [1, 4, 8]) for (const extra of [0, 5000]) {
    const arm = (strategy: string, options: any = {}) => over(smallScenario([
      { role: 'miner', strategy: 'steady', count: 3, options: { facets: 'spheron', stake_tier: 6 } },
      { role: 'miner', strategy: 'steady', count: 1, options: { facets: 'spheron', stake_tier: 6, cartel: 1 } },
      { role: 'slark', strategy: 'diligent', count: 8 - k },
      { role: 'slark', strategy, count: k, options },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ] as any, { eras: 14, params: Q }), (run: any) => {
      const acc = rowsOf(run, 'miner.1/0')[0]!.account;
      const pr = (era: number) => run.eras[era].providers;
      const own = run.eras.flatMap((e: any) => e.providers.filter((p: any) => p.account === acc));
      const eras = run.eras.length;
      return { tier8: own[8].tierAfter, tier: own[own.length - 1].tierAfter, hhi: hhi(pr(eras - 1).map((p: any) => p.delegatedUnits)), share: own[own.length-1].delegatedUnits / pr(eras-1).reduce((t: number, p: any) => t + p.delegatedUnits, 0), owner: sumOf(rowsOf(run, 'miner.1/0'), 'livenessUnits') / 1e6, whole: own.reduce((t: number, p: any) => t + p.rewardUnits, 0) / 1e6, deleg: sumOf(rowsOf(run, 'slark.1/0'), 'delegationUnits') / 1e6, slark: sumOf(rowsOf(run, 'slark.1/0'), 'slarkUnits') / 1e6, hhiRow: run.eras[eras-1].era.delegationHhiFp / 1e9 };
    });
    cmp(`34 k${k} x${extra}`, await arm('self-backer', { extra_bps: extra }), await arm('diligent'));
  }
}, 100000);
it('35', async () => {
  const m = (run: any) => { const ch = run.eras.flatMap((e: any) => e.challenges); return { ...slarkM(run), ch: ch.length, inconcl: ch.filter((c: any) => c.outcome === 'inconclusive').length / ch.length, wrong: ch.filter((c: any) => c.overClaimMil > 1000 && c.countsAs === 'passed').length / ch.filter((c: any) => c.overClaimMil > 1000).length, failed: ch.filter((c: any) => c.overClaimMil <= 1000 && c.countsAs === 'failed').length / ch.length,
     certs: run.eras.reduce((t: number, e: any) => t + e.era.certificateCount, 0) }; };
  for (const k of [1, 7]) {
    const arm = (strategy: string, options: any = {}) => over(smallScenario([
      { role: 'miner', strategy: 'steady', count: 3, options: { facets: 'spheron', stake_tier: 6 } },
      { role: 'miner', strategy: 'spoofer', count: 1, entrySlot: 12, options: { facets: 'spheron', stake_tier: 6 } },
      { role: 'slark', strategy: 'diligent', count: 9 - k },
      { role: 'slark', strategy, count: k, options },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ] as any, { eras: 12, params: { ...P, 'tier.initial': 6, 'slash.misconduct_detect_bps': 0 } }), m);
    const hon = await arm('diligent');
    cmp(`35 k${k} silent`, await arm('copier'), hon);
    cmp(`35 k${k} pass`, await arm('copier', { alone: 'pass' }), hon);
  }
}, 100000);
it('55', async () => {
  for (const every of [1, 3]) for (const k of [1, 4]) {
    const arm = (strategy: string, options: any = {}) => over(smallScenario([
      { role: 'miner', strategy: 'steady', count: 2, hardware: 'community', options: { facets: 'spheron', stake_tier: 4 } },
      { role: 'miner', strategy: 'steady', count: 2, options: { facets: 'spheron', stake_tier: 4 } },
      { role: 'slark', strategy: 'diligent', count: 8 - k },
      { role: 'slark', strategy, count: k, options },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ] as any, { eras: 20, params: { 'time.slots_per_era': 6, 'fdeleg.budget': 0, 'tier.initial': 4 } }), (run: any) => {
      const rows = rowsOf(run, 'slark.1/0');
      const acc = rows[0]!.account;
      const held = rows.reduce((t: number, r: any) => t + r.delegatedUnits, 0);
      // Units that left a target in an era: of own delegations.
      let moved = 0; let before = new Map();
      for (const e of run.eras) { const now = new Map(); for (const d of e.delegations) if (d.account === acc) now.set(d.target, (now.get(d.target) ?? 0) + d.units); for (const [t, u] of before) moved += Math.max(0, u - (now.get(t) ?? 0)); before = now; }
      return { moved: moved / 1e6 / run.eras.length, yield: sumOf(rows, 'delegationUnits') / held * 100, deleg: sumOf(rows, 'delegationUnits') / 1e6, held: held / 1e6, slark: sumOf(rows, 'slarkUnits') / 1e6, records: run.eras[19].delegations.filter((d: any) => d.account === acc).length, hhi: hhi(run.eras[19].providers.map((p: any) => p.delegatedUnits)) };
    });
    cmp(`55 every ${every} k${k}`, await arm('chaser', { every_eras: every }), await arm('diligent'));
  }
}, 100000);
