import { it } from 'vitest';
import { createStreams, nextInt } from '/work/main/sim/base/stream.ts';
import { ACTION_NAMES } from '/work/main/sim/protocol/actions.ts';
import { applyAction } from '/work/main/sim/protocol/apply.ts';
import { createTracker, findViolations } from '/work/main/sim/protocol/invariants.ts';
import { createWalk } from '/work/main/sim/protocol/randomWalk.ts';
import { REJECTIONS } from '/work/main/sim/protocol/rejections.ts';
it('walk', () => {
  for (const seed of [8, 9, 10]) {
  const streams = createStreams(1, () => `walk/${seed}`);
  const { s, steps } = createWalk((n) => nextInt(streams, 0, n), 60);
  const tracker = createTracker();
  const acc = new Map<string, number>(); const rej = new Map<string, number>();
  for (let i = 0; i < 12000; i++) {
    const next = steps.next(); if (next.done === true) break;
    s.nowS = next.value.nowS; s.eventCount = 0;
    const name = ACTION_NAMES[next.value.action.kind]!;
    const code = applyAction(s, next.value.action);
    if (code === 0) acc.set(name, (acc.get(name) ?? 0) + 1); else rej.set(name + ':' + REJECTIONS[code], (rej.get(name + ':' + REJECTIONS[code]) ?? 0) + 1);
    if (i % 5 === 0) { const v = findViolations(s, tracker); if (v.length > 0) { console.log(seed, i, name, next.value.action, v); return; } }
  }
  console.log('never', ACTION_NAMES.filter((n) => !acc.has(n)));
  const want = ['buyLicence','registerSlarkKey','selfOperate','acceptRunner','transferLicence','redelegate','undelegate','scheduleChallenges','commitPuzzle','issueChallenges','certifyResults','closeChallenges','attestSubsets','registerFoundationKey','paySlarks'];
  console.log(want.map((n) => [n, acc.get(n), [...rej].filter(([k]) => k.startsWith(n + ':')).map(([k, c]) => k.slice(n.length + 1) + ' ' + c).join(' ')].join(' ')).join('\n'));
  console.log('era', s.clockTotals[4], 'tiers', Array.from(s.slarkTotals.slice(10, 16)), 'challenges', Array.from(s.challengeTotals.slice(0, 16)));
  }
}, 120000);
