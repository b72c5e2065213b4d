/** What a reviewer asks first: may this run be believed, did it do what was expected, and what did it find. */
import type { Manifest } from '../sim/engine/trace.ts';
import { compareIntents, honestyClaim } from './honesty.ts';
import { formatCount, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { type Reading, sumOf } from './reading.ts';

/** `none`: the question was not asked in this run. */
export type VerdictState = 'good' | 'bad' | 'none';
export type Verdict = {
  readonly state: VerdictState;
  readonly question: string;
  readonly answer: string;
  readonly details: readonly { readonly state: VerdictState; readonly text: string }[];
};

function completeness({ state, eras, erasDone }: Manifest): Verdict {
  const isWhole = state === 'complete' && erasDone === eras;
  return {
    state: isWhole ? 'good' : 'bad',
    question: 'Is the run whole?',
    answer: isWhole
      ? `Yes: ${formatQuantity(eras, 'era')} settled`
      : `No: ${erasDone} of ${formatQuantity(eras, 'era')} settled, state ${state}`,
    details: [],
  };
}

function agreement({ ledger, lockstep }: Manifest): Verdict {
  const question = 'Do core and contracts agree?';
  if (lockstep === null) {
    const answer =
      ledger === 'core'
        ? 'Not asked: core only'
        : ledger === 'chain'
          ? 'Not asked: chain only'
          : 'Not known: no comparison was recorded';
    return { state: ledger === 'lockstep' ? 'bad' : 'none', question, answer, details: [] };
  }
  const { differenceCount, comparedWordCount, comparedEraCount } = lockstep;
  return {
    state: differenceCount === 0 && comparedEraCount > 0 ? 'good' : 'bad',
    question,
    answer: `${formatQuantity(differenceCount, 'difference')} over ${formatQuantity(comparedWordCount, 'word')} of state and ${formatQuantity(comparedEraCount, 'era')}`,
    details: [],
  };
}

function invariants({ invariants: { checkedCount, violatedCount, ids } }: Manifest): Verdict {
  return {
    state: violatedCount > 0 ? 'bad' : checkedCount === 0 ? 'none' : 'good',
    question: 'Do the invariants hold?',
    answer:
      checkedCount === 0
        ? 'Not checked'
        : `${formatQuantity(violatedCount, 'violation')} in ${formatQuantity(checkedCount, 'check')} of ${formatQuantity(ids.length, 'invariant')}`,
    details: [],
  };
}

function expectations({ expectations: all }: Manifest): Verdict {
  const holding = all.filter(({ holds }) => holds).length;
  return {
    state: all.length === 0 ? 'none' : holding === all.length ? 'good' : 'bad',
    question: 'Did what was expected happen?',
    answer:
      all.length === 0
        ? 'The scenario expects nothing'
        : `${holding} of ${formatQuantity(all.length, 'expectation')} hold${holding === 1 ? 's' : ''}`,
    details: all.map(({ text, measured, holds }) => ({
      state: holds ? 'good' : 'bad',
      text: `${text}: measured ${measured === null ? 'nothing' : formatNumber(measured)}`,
    })),
  };
}

function inference({ inference: { mode, device, executedCount, replayedCount } }: Manifest): Verdict {
  const total = executedCount + replayedCount;
  return {
    state: 'none',
    question: 'Was the work really done?',
    answer:
      total === 0
        ? 'No inference was needed'
        : `${formatQuantity(executedCount, 'inference')} executed, ${formatCount(replayedCount)} taken from stored measurements`,
    details: [{ state: 'none', text: `${mode === 'measure' ? 'Measured on' : 'Replayed; device'} ${device}` }],
  };
}

/** The verdict strip. */
export function makeVerdicts(manifest: Manifest): Verdict[] {
  return [
    completeness(manifest),
    agreement(manifest),
    invariants(manifest),
    expectations(manifest),
    inference(manifest),
  ];
}

/** The run in one sentence. */
export function findingOf(reading: Reading): string {
  const { eras } = reading.run;
  const sent = sumOf(eras, (row) => row.requestCount);
  const served = `${formatShare(sumOf(eras, (row) => row.servedCount) / sent)} of ${formatQuantity(sent, 'request')} were served`;
  const claim = honestyClaim(compareIntents(reading), true);
  const parts = [...(claim === null ? [] : [claim]), ...(sent === 0 ? [] : [served])];
  if (parts.length === 0)
    return eras.length === 0
      ? 'No era was settled.'
      : `${formatQuantity(eras.length, 'era')} were settled and nobody asked for anything.`;
  const sentence = parts.join('; ');
  return `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}.`;
}
