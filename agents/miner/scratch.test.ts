import { it } from 'vitest';
import { openReplay, runSmall, smallScenario, intervalOf, differencesOf, rowsOf } from '../../sim/cli/testRun.ts';
const inference = openReplay(60);
export const SEEDS = [1,2,3,4,5,6,7,8,9,10];
export async function arm(subject: any, eras: number, params: any = {}, extra: any[] = [], nb = 3) {
  const sc = smallScenario([
    { role: 'miner', strategy: 'steady', count: nb, options: { facets: 'spheron', stake_tier: 4 } },
    { role: 'miner', count: 1, ...subject, options: { facets: 'spheron', stake_tier: 4, ...subject.options } },
    { role: 'consumer', strategy: 'honest', count: 1 }, ...extra,
  ], { eras, params: { 'tier.initial': 4, 'fdeleg.budget': 0, ...params } });
  const out: any[] = [];
  for (const seed of SEEDS) {
    const run = await runSmall({ ...sc, seed }, { inference: await inference });
    const acc = rowsOf(run, 'miner.1/0')[0]!.account;
    const rows = run.eras.map((e) => e.providers.find((p) => p.account === acc)!).filter(Boolean);
    const ch = run.eras.flatMap((e) => e.challenges.filter((c) => c.provider === rows[0]!.provider));
    const s = (k: string) => rows.reduce((t: number, r: any) => t + r[k], 0);
    const detected = rows.findIndex((r) => r.failedCount > 0);
    const suspended = rows.findIndex((r) => r.stateAfter !== 'active');
    out.push({ cpu: run.shared.capacity.slice(), rows, ch, reward: s('rewardUnits') / 1e6, slash: s('slashUnits') / 1e6, forfeit: s('forfeitUnits')/1e6, chal: s('challengeCount'), pass: s('passedCount'), detected, suspended, capErr: ch.filter((c) => c.failCount > c.passCount).length, run });
  }
  return out;
}
export const col = (a: any[], k: string) => a.map((x) => x[k] as number);
export const fmt = (a: number[]) => a.map((x) => +x.toFixed(3)).join(' ');
export function cmp(label: string, a: any[], b: any[], k: string) {
  const d = differencesOf(col(a, k), col(b, k)); const i = intervalOf(d);
  console.log(label, k, 'mean', fmt([col(a,k).reduce((x,y)=>x+y)/10, col(b,k).reduce((x,y)=>x+y)/10]), 'diff', fmt([i.low, i.mean, i.high]));
}

const bits = (b: number) => { let n = 0; for (; b > 0; b = Math.floor(b / 2)) n += b % 2; return n; };
const online = (x: any) => x.rows.reduce((t: number, r: any) => t + bits(r.fullBits), 0);
const beats = (x: any) => x.rows.reduce((t: number, r: any) => t + r.beatAnsweredCount, 0) / 60;
const show = (label: string, a: any[], h: any[]) => {
  const per = a.map((x) => (x.reward - x.slash) / beats(x));
  const perH = h.map((x) => (x.reward - x.slash) / beats(x));
  const ratio = per.map((p, i) => p / perH[i]);
  const i = intervalOf(ratio.map((r) => r - 1));
  const gross = a.map((x, i) => x.reward / beats(x) / (h[i].reward / beats(h[i])) - 1);
  const up = a.map((x) => x.rows.reduce((t: number, r: any) => t + r.beatAnsweredCount, 0) / x.rows.reduce((t: number, r: any) => t + r.beatExpectedCount, 0));
  console.log(label, 'net/online h rel', fmt([i.low, i.mean, i.high]), 'gross', fmt([intervalOf(gross).mean]), 'uptime', fmt(up), 'tier', a.map((x) => x.rows.map((r: any) => r.tierAfter).join('')).slice(0, 3).join(' '), 'susp', fmt(col(a, 'suspended')), fmt(col(a,'reward')), fmt(col(a,'slash')));
};


async function dnet(subject: any, eras: number, params: any, rest: { nb?: number; creators?: number; consumers?: number; demand?: number; hardware?: string; facets?: string } = {}, measure: (run: any) => any = () => 0) {
  const sc = smallScenario([
    { role: 'creator', strategy: 'steady', count: rest.creators ?? 4, options: { models: 2 } },
    { role: 'miner', strategy: 'steady', count: rest.nb ?? 3, hardware: rest.hardware ?? 'home', options: { facets: rest.facets ?? 'both', stake_tier: 4, reinvest_bps: 0, capacity: 16 } },
    { role: 'miner', count: 1, hardware: rest.hardware ?? 'home', ...subject, options: { facets: rest.facets ?? 'both', stake_tier: 4, ...subject.options } },
    { role: 'validator', strategy: 'diligent', count: 5 },
    { role: 'consumer', strategy: 'honest', count: rest.consumers ?? 4, demand: { kind: 'poisson', ratePerSlotMil: rest.demand ?? 500 } },
  ] as any, { eras, params: { 'tier.initial': 4, 'fdeleg.budget': 0, 'val.audit_bps': 5000, 'val.samples': 10, 'place.replicas': 3, ...params } });
  const out: any[] = [];
  for (const seed of SEEDS) {
    const run = await runSmall({ ...sc, seed }, { inference: await inference });
    const acc = rowsOf(run, 'miner.1/0')[0]!.account;
    const rows = run.eras.map((e) => e.providers.find((p) => p.account === acc)!).filter(Boolean);
    const pid = rows[0]?.provider ?? 0;
    const ch = run.eras.flatMap((e) => e.challenges.filter((c) => c.provider === pid));
    const s = (k: string) => rows.reduce((t: number, r: any) => t + r[k], 0);
    const ag = rowsOf(run, 'miner.1/0');
    out.push({ rows, reward: s('rewardUnits') / 1e6, slash: s('slashUnits') / 1e6, forfeit: s('forfeitUnits')/1e6, chal: s('challengeCount'), pass: s('passedCount'), suspended: rows.findIndex((r) => r.stateAfter !== 'active'),
      breaches: rows.reduce((t, r) => t + bits(r.breachedBits), 0), task: rows.reduce((t, r) => t + bits(r.taskBits), 0), lease: s('leaseHours'), bonus: s('bonusUnits') / 1e6, powr: ag.reduce((t, r) => t + r.rewardUnits, 0) / 1e6, calls: ag.reduce((t, r) => t + r.callUnits, 0) / 1e6, served: ag.reduce((t, r) => t + r.servedCount, 0), checked: ag.reduce((t, r) => t + r.checkedCount, 0), accepted: ag.reduce((t, r) => t + r.acceptedCount, 0), live: ag.reduce((t, r) => t + r.livenessUnits, 0) / 1e6 });
  }
  return out;
}


it('x', async () => {
  for (const f of [1250, 1500, 2000]) {
    const a = await arm({ strategy: 'spoofer', options: { factor_mil: f } }, 8, { 'slash.misconduct_detect_bps': 0 });
    const e = a.map((x) => x.pass / x.chal - x.ch.reduce((t: number, c: any) => t + c.expectedPassShare, 0) / x.ch.length);
    const i = intervalOf(e); console.log(f, fmt([i.low, i.mean, i.high]), fmt(e), a.map((x) => x.chal + '/' + x.ch.length).join(' '));
  }
  for (const cap of [2, 4, 8]) for (const v of ['en', 'en-m4']) {
    const t = performance.now();
    const a = await dnet({ strategy: 'hoarder', options: { variant: v, capacity: cap, nodes: 1 } }, 10, { 'place.replicas': 2 }, { facets: 'deepnode', hardware: 'datacentre', creators: 8 });
    console.log(cap, v, fmt(col(a, 'powr')), fmt(col(a, 'served')), performance.now() - t);
  }
}, 300000);
