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

it('x', async () => {
  // BEH-17
  {
    const E = 16;
    for (const st of [4]) {
    const honest = await arm({ strategy: 'steady' }, E);
    for (const o of [{ rest_from_era: 1 }, { rest_from_era: 1, rest_slots: 24 }, { rest_from_era: 1, rest_slots: 6 }, { rest_from_era: 1, rest_eras: 0, idle_slots: 1 }, { rest_from_era: 1, rest_eras: 5, rest_slots: 12 }]) {
      const p = await arm({ strategy: 'parker', options: { ...o, stake_tier: st } }, E);
      show('park ' + JSON.stringify(o), p, honest);
    }
    }
  }
  // BEH-56
  for (const hardware of ['community', 'home', 'datacentre']) {
    const honest = await arm({ strategy: 'steady', hardware, options: { stake_tier: 1 } }, 14);
    for (const o of [{}, { storage_tier: 0, net_tier: 0, compliance: 0, region: 7 }, { storage_tier: 0, net_tier: 0, region: 64 }, { storage_tier: 0, compliance: 0, region: 64 }, { gpu_tier: 11 }]) {
      const m = await arm({ strategy: 'misdeclarer', hardware, options: { ...o, stake_tier: 1 } }, 14);
      const d = m.map((x, i) => x.reward / honest[i].reward - 1);
      const iv = intervalOf(d);
      console.log('mis', hardware, JSON.stringify(o), fmt([iv.low, iv.mean, iv.high]), '|', fmt(d), m.map((x) => x.rows.map((r: any) => r.tierAfter).join('')).slice(0, 3).join(' '), honest.map((x) => x.rows.map((r: any) => r.tierAfter).join('')).slice(0, 3).join(' '), 'capErr', fmt(col(m, 'capErr')));
    }
  }
}, 300000);
