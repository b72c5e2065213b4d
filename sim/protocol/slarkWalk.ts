/**
 * Random but plausible actions on Slarks and challenges, for the walk of `randomWalk.ts`: licences are bought, run and
 * handed over, targets scheduled, certified and closed. Most could be accepted, some cannot.
 */
import { type Action, type ActionName, action } from './actions.ts';
import { attestationMessage, certificateMessage, KEY_WORDS, packResults, puzzleHash, RESULT } from './certificates.ts';
import type { TableName } from './layout.ts';
import {
  ACCOUNT,
  CHALLENGE_STATE,
  CLASS_COUNT,
  F,
  PROVIDER_STATE,
  SEATS_PER_CLASS,
  SLARK_STATE,
  STRIDE,
} from './layout.ts';
import { isDrawable } from './slarks.ts';
import type { State } from './state.ts';

type Proposal = readonly [weight: number, propose: () => Action | null];

/** What the walk picks entities and senders with; see `createChooser` in `randomWalk.ts`. */
type Chooser = {
  readonly read: (table: TableName, record: number, field: number) => number;
  readonly agent: () => number;
  readonly id: (count: number) => number;
  readonly by: (account: number) => number;
  readonly among: (table: TableName, count: number, field: number, values: readonly number[]) => number;
};

type Signers = { readonly licences: readonly number[]; readonly message: Uint8Array };

/** Keys of the walk's Slarks and what they sign: words for `registerSlarkKey`, and aggregate signatures. */
export type Keyring = {
  /** Words of the key that a licence registers as its `turn`-th; with proof for the account where somebody checks it. */
  readonly registration: (licence: number, turn: number, account: number) => readonly number[];
  /** Words of the signature of all groups; none where nobody checks it. */
  readonly signature: (groups: readonly Signers[]) => readonly number[];
};

/** Keys that nobody has the secrets of, and no signatures: for a ledger that checks none. */
const UNCHECKED: Keyring = {
  registration: (licence, turn) => Array.from({ length: KEY_WORDS }, (_, i) => 1 + licence * 1_000 + turn * 100 + i),
  signature: () => [],
};

/** Most licences of a walk: few, so that each has a history. */
const MAX_LICENCES = 14;
const TURNS = 3;
const SUBSET_WORDS = 8;
/** The puzzle of every class and slot. */
const PUZZLE = [17, 4] as const;

function keeper(name: ActionName, args: readonly number[], bulk?: readonly number[]): Action {
  return action(name, ACCOUNT.keeper, args, bulk);
}

/** Proposals for Slarks and for challenges. */
export function slarkProposals(
  s: State,
  nextInt: (n: number) => number,
  choose: Chooser,
  keyring: Keyring = UNCHECKED,
): readonly Proposal[] {
  return [...licenceProposals(s, nextInt, choose, keyring), ...challengeProposals(s, nextInt, choose, keyring)];
}

function licenceProposals(
  s: State,
  nextInt: (n: number) => number,
  { agent, among, by, id, read }: Chooser,
  keyring: Keyring,
): readonly Proposal[] {
  const S = SLARK_STATE;
  const L = F.slarks;
  const licences = (): number => s.slarkTotals[F.slarkTotals.slarkCount]!;
  const within = (states: readonly number[]): number => among('slarks', licences(), L.state, states);
  const provider = (): number => {
    const count = s.providerTotals[F.providerTotals.providerCount]!;
    return among('providers', count, F.providers.state, [PROVIDER_STATE.registered, PROVIDER_STATE.active]);
  };
  /** An action of whoever `account` names, on a licence in one of the states. */
  const on =
    (name: ActionName, states: readonly number[], account: number, ...rest: readonly (() => number)[]) =>
    (): Action => {
      const licence = within(states);
      return action(name, by(read('slarks', licence, account)), [licence, ...rest.map((make) => make())]);
    };
  const kept = (name: ActionName, states: readonly number[]) => (): Action => keeper(name, [within(states)]);
  const keyed = (states: readonly number[], account: number) => (): Action => {
    const licence = within(states);
    const holder = read('slarks', licence, account);
    const turn = nextInt(TURNS);
    // Now and then too short, or proven for somebody else.
    const fault = nextInt(20);
    const words = keyring.registration(licence, turn, fault === 1 ? holder + 1 : holder);
    const list = fault === 0 ? words.slice(1) : words;
    return action('registerSlarkKey', by(holder), [licence], list);
  };
  const foundationKey = (): Action => {
    const licence = among('slarks', licences(), L.isFoundation, [1]);
    return keeper(
      'registerFoundationKey',
      [licence],
      keyring.registration(licence, nextInt(TURNS), ACCOUNT.foundation),
    );
  };
  const delays = (): Action => {
    const from = nextInt(3) === 0 ? nextInt(licences() + 1) : 0;
    const to = nextInt(3) === 0 ? from + nextInt(licences() - from + 1) : licences();
    const list = Array.from({ length: to - from }, () => nextInt(nextInt(3) === 0 ? 400 : 90));
    if (nextInt(30) === 0) list.push(1);
    return keeper('reportSlarks', [from, to], list);
  };
  const redelegating = (): Action => {
    const licence = id(licences());
    const delegation = read('slarks', licence, L.delegation);
    const chosen = delegation === 0 ? id(s.stakeTotals[F.stakeTotals.delegationCount]!) : delegation;
    return action('redelegate', by(read('delegations', chosen, F.delegations.delegator)), [chosen, provider()]);
  };
  /** A Slark-earned delegation leaves, and may vest. */
  const undelegating = (): Action | null => {
    const delegation = read('slarks', id(licences()), L.delegation);
    if (delegation === 0) return null;
    const units = read('delegations', delegation, F.delegations.units);
    const owner = read('delegations', delegation, F.delegations.delegator);
    return action('undelegate', by(owner), [delegation, 1 + nextInt(Math.max(1, units))]);
  };
  const open = [S.owned];
  const used = [S.running, S.offline];
  return [
    [5, () => (licences() >= MAX_LICENCES ? null : action('buyLicence', agent(), []))],
    [2, on('topUpLicence', [S.owned, S.running, S.offline], L.owner, () => 1 + nextInt(40_000_000))],
    [6, keyed(open, L.owner)],
    [6, on('selfOperate', open, L.owner, provider)],
    [2, on('chooseProvider', [S.running], L.owner, provider)],
    [2, on('requestRunner', open, L.owner, agent, provider)],
    [4, keyed([S.pending], L.pendingRunner)],
    [1, keyed([S.running], L.runner)],
    [4, on('acceptRunner', [S.pending], L.pendingRunner)],
    [1, on('rejectRunner', [S.pending], L.pendingRunner)],
    [1, on('endRunner', used, nextInt(2) === 0 ? L.owner : L.runner)],
    [4, on('setOptIn', [S.owned, S.running], L.owner, () => (nextInt(4) === 0 ? nextInt(3) : 1))],
    [2, on('transferLicence', open, L.owner, agent)],
    [1, kept('loseClient', [S.running])],
    [4, kept('restoreClient', [S.offline])],
    [1, () => keeper('grantLicence', [])],
    [1, foundationKey],
    [2, delays],
    [2, redelegating],
    [2, undelegating],
  ];
}

function challengeProposals(
  s: State,
  nextInt: (n: number) => number,
  { read }: Chooser,
  keyring: Keyring,
): readonly Proposal[] {
  const C = CHALLENGE_STATE;
  const slot = (): number => Math.max(0, s.challengeTotals[F.challengeTotals.slot]! - 1);
  const puzzle = (challengeClass: number) => puzzleHash(slot(), challengeClass, ...PUZZLE);
  /** A class whose committee is in a state; now and then any. */
  const classIn = (state: number): number => {
    const found: number[] = [];
    for (let c = 1; c <= CLASS_COUNT; c++) if (read('committees', c, F.committees.state) === state) found.push(c);
    return found.length === 0 || nextInt(20) === 0 ? nextInt(CLASS_COUNT + 2) : found[nextInt(found.length)]!;
  };
  const committing = (): Action => {
    const c = classIn(C.scheduled);
    return keeper('commitPuzzle', nextInt(30) === 0 ? [c, 0, nextInt(2)] : [c, ...puzzle(c)]);
  };
  /** A vote per target: mostly what the others say, so that there are majorities. */
  const results = (targets: number, truth: readonly number[], liarBps: number): number[] =>
    Array.from({ length: targets }, (_, i) => (nextInt(10_000) < liarBps ? 3 - truth[i]! : truth[i]!));
  const certifying = (): Action | null => {
    const c = classIn(C.issued);
    if (read('committees', c, F.committees.state) !== C.issued && nextInt(10) > 0) return null;
    const targets = read('committees', c, F.committees.targetCount);
    const seats = read('committees', c, F.committees.seatCount);
    const truth = Array.from({ length: targets }, () => (nextInt(5) === 0 ? RESULT.fail : RESULT.pass));
    const liarBps = nextInt(3) === 0 ? 5_000 : 1_000;
    const absent = nextInt(3) === 0 ? nextInt(seats + 1) : 0;
    const groups = new Map<string, { mask: number; words: number[]; licences: number[] }>();
    for (let seat = absent; seat < seats; seat++) {
      const words = packResults(results(targets, truth, liarBps));
      const group = groups.get(words.join()) ?? { mask: 0, words, licences: [] };
      group.mask |= 1 << seat;
      group.licences.push(s.seats[c * SEATS_PER_CLASS + seat]!);
      groups.set(words.join(), group);
    }
    const all = [...groups.values()];
    const bulk = all.flatMap(({ mask, words }) => [mask, ...words]);
    if (nextInt(25) === 0 && bulk.length > 0) bulk[nextInt(bulk.length)] = nextInt(40);
    const signed = all.map(({ licences, words }) => ({ licences, message: certificateMessage(slot(), c, words) }));
    const answer = nextInt(40) === 0 ? [1, 1] : PUZZLE;
    return keeper('certifyResults', [c, ...answer, all.length], [...bulk, ...keyring.signature(signed)]);
  };
  const attesting = (): Action => {
    const mark = s.clockTotals[F.clockTotals.era]! + 1;
    const licences: number[] = [];
    for (let z = 1; z <= s.slarkTotals[F.slarkTotals.slarkCount]!; z++) {
      const isFree = isDrawable(s, z) && read('slarks', z, F.slarks.selectedEra) !== mark;
      if (isFree && nextInt(8) > 0) licences.push(z);
    }
    const from = F.challengeTotals.subsets0;
    const subsets = Array.from(s.challengeTotals.slice(from, from + SUBSET_WORDS));
    const signature = keyring.signature([{ licences, message: attestationMessage(mark - 1, subsets) }]);
    return keeper('attestSubsets', [licences.length], licences.length === 0 ? [] : [...licences, ...signature]);
  };
  return [
    [1, () => keeper('scheduleChallenges', [])],
    [1, committing],
    [1, () => keeper('issueChallenges', [classIn(C.committed)])],
    [25, certifying],
    [1, () => keeper('closeChallenges', [])],
    [3, attesting],
  ];
}

/** What the keeper does about challenges when it has opened a slot; now and then it forgets some of it. */
export function* openChallenges(s: State, nextInt: (n: number) => number): Generator<Action, void, void> {
  if (nextInt(20) === 0) return;
  yield keeper('scheduleChallenges', []);
  const slot = s.clockTotals[F.clockTotals.slotCount]! - 1;
  for (let c = 1; c <= CLASS_COUNT; c++) {
    const seatCount = s.committees[c * STRIDE.committees + F.committees.seatCount]!;
    if (seatCount === 0 || nextInt(20) === 0) continue;
    yield keeper('commitPuzzle', [c, ...puzzleHash(slot, c, ...PUZZLE)]);
    if (nextInt(20) > 0) yield keeper('issueChallenges', [c]);
  }
}
