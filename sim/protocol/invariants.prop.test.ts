import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreams, nextInt } from '../base/stream.ts';
import { ACTION_NAMES } from './actions.ts';
import { applyAction } from './apply.ts';
import { EVENT_NAMES } from './events.ts';
import { createTracker, findViolations, INVARIANTS } from './invariants.ts';
import { F } from './layout.ts';
import { MARKET_VARIANTS } from './marketWalk.ts';
import { createWalk } from './randomWalk.ts';
import { EVENT_STRIDE, type State } from './state.ts';
import { isTransition } from './transitions.ts';

/** Transitions among the events of the last action that the machines do not have. */
function illegalTransitions(s: State): string[] {
  const illegal: string[] = [];
  for (let i = 0; i < s.eventCount; i++) {
    const [code, kind, entity, , from, to] = s.events.slice(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
    if (EVENT_NAMES[code!] !== 'Transition' || isTransition(kind!, from!, to!)) continue;
    illegal.push(`kind ${kind}, entity ${entity}: ${from} to ${to}`);
  }
  return illegal;
}

/** Entities whose tier one action changed twice: no action settles an entity's tier more than once (INV-39). */
function repeatedTierChanges(s: State): string[] {
  const changed = new Set<string>();
  const repeated: string[] = [];
  for (let i = 0; i < s.eventCount; i++) {
    const [code, kind, entity] = s.events.slice(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
    if (EVENT_NAMES[code!] !== 'TierChanged') continue;
    const key = `kind ${kind}, entity ${entity}`;
    if (changed.has(key)) repeated.push(key);
    changed.add(key);
  }
  return repeated;
}

/** The way of a market that a seed takes. */
function variantOf(seed: number): Readonly<Record<string, number>> {
  return MARKET_VARIANTS[seed % MARKET_VARIANTS.length]!.params;
}

/** Runs `count` actions of a random walk and fails at the first, looking after every `stride` of them, that breaks something. */
function walkFor(
  seed: number,
  count: number,
  stride: number,
): { accepted: Map<string, number>; sent: Map<string, number>; s: State } {
  const streams = createStreams(1, () => `walk/${seed}`);
  const { s, steps } = createWalk((n) => nextInt(streams, 0, n), 100, variantOf(seed));
  const tracker = createTracker();
  const accepted = new Map<string, number>();
  const sent = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const next = steps.next();
    if (next.done === true) break;
    const { nowS, action } = next.value;
    const name = ACTION_NAMES[action.kind]!;
    s.nowS = nowS;
    s.eventCount = 0;
    const code = applyAction(s, action);
    sent.set(name, (sent.get(name) ?? 0) + 1);
    if (code === 0) accepted.set(name, (accepted.get(name) ?? 0) + 1);
    else expect(s.eventCount).toBe(0);
    if (i % stride !== 0) continue;
    const context = `action ${i}: ${name}(${action.args.join(', ')}) by ${action.actor}`;
    expect({
      context,
      illegal: illegalTransitions(s),
      repeated: repeatedTierChanges(s),
      violations: findViolations(s, tracker),
    }).toEqual({
      context,
      illegal: [],
      repeated: [],
      violations: [],
    });
  }
  return { accepted, sent, s };
}

describe('INVARIANTS', () => {
  it('given any history of actions > all hold after every single one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        walkFor(seed, 1_500, 1);
      }),
      { numRuns: 5, seed: 3 },
    );
  });

  it('given long histories > they have reached every action, and all invariants held', () => {
    const histories = [1, 2, 6].map((seed) => walkFor(seed, 14_000, 25));
    const never = ACTION_NAMES.filter((name) => histories.every(({ accepted }) => !accepted.has(name)));
    expect(never).toEqual([]);
    for (const { s } of histories) expect(s.clockTotals[F.clockTotals.settledEraCount]).toBeGreaterThan(20);
    expect(INVARIANTS.length).toBe(51);
    const sum = (of: 'accepted' | 'sent'): number =>
      histories.reduce((total, history) => total + (history[of].get('revealSketch') ?? 0), 0);
    const openedShare = sum('accepted') / sum('sent');
    expect(openedShare).toBeGreaterThan(0.2);
    expect(openedShare).toBeLessThan(0.95);
  });
});
