import { it } from 'vitest';
import { openReplay, runSmall, smallScenario, intervalOf, differencesOf, rowsOf, sumOf } from '../../sim/cli/testRun.ts';
const inference = openReplay(60);
const SEEDS = [1,2,3,4,5,6,7,8,9,10];
const fmt = (a: number[]) => a.map((x) => +x.toFixed(3)).join(' ');
async function over(sc: any, f: (run: any) => any) { const out: any[] = []; for (const seed of SEEDS) out.push(f(await runSmall({ ...sc, seed }, { inference: await inference }))); return out; }
const P = { 'fdeleg.budget': 0 };
it('x', async () => {
  // BEH-45
  const h: Record<string, number[]> = {};
  for (const sens of [0, 1, 2, 4, 16]) {
    const sc = smallScenario([
      { role: 'miner', strategy: 'steady', count: 6, options: { facets: 'spheron', stake_tier: 4 } },
      { role: 'delegator', strategy: 'yield-seeker', count: 10, options: { targets: 'providers', sensitivity: sens, inertia_eras: 3 } },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ] as any, { eras: 16, params: { ...P, 'tier.initial': 4 } });
    const t = performance.now();
    h[sens] = await over(sc, (run) => run.eras.at(-1).agents.length && (run.eras.at(-1).era ?? run.eras.at(-1).total ?? run.eras.at(-1)));
    const hh = (h[sens] as any[]).map((r) => (r.delegationHhiFp ?? 0) / 1e9);
    h[sens] = hh;
    console.log('sens', sens, fmt(hh), 'mean', fmt([hh.reduce((a, b) => a + b) / 10]), performance.now() - t);
    if (sens) { const i = intervalOf(differencesOf(hh, h[0]!)); console.log('   diff', fmt([i.low, i.mean, i.high])); }
  }
  // BEH-46
  for (const share of [0, 5000, 9000]) {
    const sc = smallScenario([
      { role: 'miner', strategy: 'steady', count: 3, options: { facets: 'spheron', stake_tier: 6 } },
      { role: 'delegator', strategy: 'whale', count: 1, options: { share_bps: share, target: 2 } },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ] as any, { eras: 20, params: { ...P, 'tier.initial': 6 } });
    const r = await over(sc, (run) => {
      const rows = run.eras.map((e: any) => e.providers.find((p: any) => p.provider === 2));
      const all = run.eras.flatMap((e: any) => e.providers);
      const whale = rowsOf(run, 'delegator.0/0');
      return { tiers: rows.map((x: any) => x.tierAfter).join(''), live: rows.reduce((t: number, x: any) => t + x.rewardUnits, 0) / 1e6, owner: rows.reduce((t: number, x: any) => t + x.ownerUnits, 0) / 1e6, share: rows.reduce((t: number, x: any) => t + x.rewardUnits, 0) / all.reduce((t: number, x: any) => t + x.rewardUnits, 0), whale: sumOf(whale, 'delegationUnits') / 1e6, cls: run.eras.at(-1).challenges.filter((c: any) => c.provider === 2).map((c: any) => c.class).join('') };
    });
    console.log('whale', share, r.map((x) => x.tiers).slice(0, 2).join(' '), 'live', fmt(r.map((x) => x.live)), 'owner', fmt(r.map((x) => x.owner)), 'share', fmt(r.map((x) => x.share)), 'whale', fmt(r.map((x) => x.whale)), r[0].cls);
  }
  // BEH-47
  for (const [label, groups, params] of [
    ['spoof', { strategy: 'spoofer', options: { facets: 'spheron', stake_tier: 4, factor_mil: 1500 } }, {}],
    ['spoof u0', { strategy: 'spoofer', options: { facets: 'spheron', stake_tier: 4, factor_mil: 1500 } }, { 'deleg.unbond_eras': 0 }],
    ['spoof slow', { strategy: 'spoofer', options: { facets: 'spheron', stake_tier: 4, factor_mil: 1250 } }, { 'deleg.unbond_eras': 1, 'slash.misconduct_detect_bps': 500 }],
    ['degr', { strategy: 'degrading', options: { facets: 'spheron', stake_tier: 4, outage_bps: 600 } }, {}],
    ['degr u1', { strategy: 'degrading', options: { facets: 'spheron', stake_tier: 4, outage_bps: 600 } }, { 'deleg.unbond_eras': 1 }],
  ] as any) {
    for (const react of [0, 24]) {
    const sc = smallScenario([
      { role: 'miner', count: 1, ...groups },
      { role: 'delegator', strategy: 'dodger', count: 1, options: { react_slots: react } },
      { role: 'delegator', strategy: 'dodger', count: 1, options: { react_slots: 10_000 } },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ] as any, { eras: 20, params: { ...P, 'tier.initial': 4, ...params } });
    const r = await over(sc, (run) => {
      const d = rowsOf(run, 'delegator.0/0'), l = rowsOf(run, 'delegator.1/0');
      return { d: sumOf(d, 'penaltyUnits') / 1e6, l: sumOf(l, 'penaltyUnits') / 1e6, dd: d.map((x) => x.delegatedUnits / 1e6), di: sumOf(d, 'delegationUnits') / 1e6, li: sumOf(l, 'delegationUnits') / 1e6, susp: run.eras.map((e: any) => e.providers[0]?.stateAfter[0]).join('') };
    });
    console.log(label, react, 'dodger', fmt(r.map((x) => x.d)), '| loyal', fmt(r.map((x) => x.l)), '| inc', fmt(r.map((x) => x.di)), '|', fmt(r.map((x) => x.li)), r.map((x) => x.susp).slice(0, 4).join(' '), fmt(r[0].dd));
    }
  }
}, 300000);
