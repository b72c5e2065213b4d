/**
 * The referee between ledger, targets and Slarks (SM-7): commits and reveals puzzles, takes answers and findings, has
 * certificates signed and sends them. It judges nothing: what a challenge came to is the committee's word.
 */
import { keccak256Hex } from '../base/hash.ts';
import { chance, PURPOSE } from '../base/rnd.ts';
import { type Action, type ActionName, action } from '../protocol/actions.ts';
import { attestationMessage, certificateMessage, packResults, puzzleHash } from '../protocol/certificates.ts';
import { draw } from '../protocol/clock.ts';
import {
  ACCOUNT,
  CHALLENGE_STATE,
  CLASS_COUNT,
  F,
  PROVIDER_STATE,
  SEATS_PER_CLASS,
  SLARK_STATE,
  STRIDE,
  VERDICT,
} from '../protocol/layout.ts';
import { getParam, type State } from '../protocol/state.ts';
import { canDeploy } from './capacityTruth.ts';
import { hasExecuted } from './executions.ts';
import type { InferencePort } from './inferencePort.ts';
import { type KeyRing, MESSAGE, MESSAGE_SIZE } from './ports.ts';
import type { ProviderWatch } from './providerWatch.ts';
import { answerAt, CAPACITY, CAPACITY_SIZE, judgementAt, RESPONSE, RESPONSE_SIZE, type SharedRun } from './shared.ts';
import { acceptedPpb, challengeCountOf, nonceOfSeat, puzzleOf as puzzleOfChallenge } from './view.ts';

/** Hexadecimal digits of 52 bits. */
const DIGITS = 13;
const CLASSES = Array.from({ length: CLASS_COUNT }, (_, i) => i + 1);

export type PuzzleJob = { readonly variant: number; readonly sample: number; readonly level: number };

export type Referee = {
  /** Phase 0: clients that are gone or back, licences of the foundation, targets and committees, puzzles committed. */
  schedule(s: State): Generator<Action, void, void>;
  /** Phase 60: challenges are issued; from here on targets know their puzzle. */
  issue(s: State): Generator<Action, void, void>;
  /** Inferences that the Slarks execute to know the right answers. */
  jobs(s: State): readonly PuzzleJob[];
  /** Messages of a phase: answers of targets, findings of Slarks. */
  receive(s: State, messages: Float64Array): void;
  /** Phase 330: certificates that every seat has signed. */
  certify(s: State): Generator<Action, void, void>;
  /**
   * With `chal.proof: sketch`, a finding counts only with a sketch of the right answer under its own seat's nonce. Whoever has not
   * executed the puzzle has another seat's at best: its findings are compared, and dropped where the numbers do not fit; so is
   * what comes without any (BEH-35).
   */
  checkProofs(s: State, compare: InferencePort['compare']): Promise<void>;
  /** Findings that were dropped for that reason so far, and those that were checked. */
  proofs(): { readonly checkedCount: number; readonly droppedCount: number };
  /** Phase 420: certificates of those that have enough seats, what stays undecided, cases of spoofing. */
  close(s: State): Generator<Action, void, void>;
  /** Phase 3 540, last slot: the epoch's subsets signed by the Slarks that were not drawn, and the Slarks' mean delays. */
  report(s: State): Generator<Action, void, void>;
  /** How many messages were ignored so far, by reason: what agents send wrongly is theirs to bear, and ends no run. */
  ignored(): Readonly<Record<string, number>>;
  /** Key words that go with an agent's action, and their proof where there is somebody to check it. */
  wordsOf(action: Action): readonly number[] | undefined;
};

/** Value of `chal.proof` that asks for sketches. */
const PROOF_SKETCH = 1;

/** A time that somebody may have taken, ms: a day at most. */
const isTime = (ms: number): boolean => ms >= 0 && ms <= 86_400_000;

type Delays = { sumMs: number; count: number };

/** Why a message was ignored. */
type IgnoreReason = 'no such challenge' | 'not its provider' | 'not its licence' | 'no seat' | 'no verdict' | 'no time';

/**
 * @param usesProviders false in a run without providers and Slarks: then nothing is scheduled and nothing sent
 */
export function createReferee(run: SharedRun, watch: ProviderWatch, keys: KeyRing, usesProviders: boolean): Referee {
  const delays = new Map<number, Delays>();
  const ignored = new Map<IgnoreReason, number>();
  /** Account whose finding it is, by its place in the judgements of the slot. */
  const judges = new Map<number, number>();
  /** Findings of those who have not executed the puzzle, and what became of them. */
  const unproven: { readonly challenge: number; readonly licence: number; readonly seat: number }[] = [];
  const proofs = { checkedCount: 0, droppedCount: 0 };
  const send = (name: ActionName, args: readonly number[], bulk?: readonly number[]): Action =>
    action(name, ACCOUNT.keeper, args, bulk);

  function slarkField(s: State, licence: number, name: keyof typeof F.slarks): number {
    return s.slarks[licence * STRIDE.slarks + F.slarks[name]]!;
  }

  function signerOf(s: State, licence: number): string {
    return slarkField(s, licence, 'isFoundation') === 1
      ? `foundation/${licence}`
      : `slark/${slarkField(s, licence, 'runner') - ACCOUNT.firstAgent}`;
  }

  function keyBulk(signer: string, account: number): readonly number[] {
    return [...keys.keyWords(signer), ...(keys.possession(signer, account) ?? [])];
  }

  /** The puzzle of a class in a slot: secret, and fixed before anything else about the slot is known. */
  function puzzleOf(slot: number, challengeClass: number): readonly [number, number] {
    const hash = keccak256Hex(`puzzle/${run.seed}/${slot}/${challengeClass}`);
    return [Number.parseInt(hash.slice(0, DIGITS), 16), Number.parseInt(hash.slice(DIGITS, 2 * DIGITS), 16)];
  }

  function committeeField(s: State, challengeClass: number, name: keyof typeof F.committees): number {
    return s.committees[challengeClass * STRIDE.committees + F.committees[name]]!;
  }

  function countNow(s: State): number {
    return challengeCountOf(run, s.clockTotals[F.clockTotals.slotCount]!);
  }

  function challengesOf(s: State, challengeClass: number): number[] {
    const found: number[] = [];
    for (let challenge = 1; challenge <= countNow(s); challenge++)
      if (s.challenges[challenge * STRIDE.challenges + F.challenges.class] === challengeClass) found.push(challenge);
    return found;
  }

  function providerOf(s: State, challenge: number): number {
    return s.challenges[challenge * STRIDE.challenges + F.challenges.provider]!;
  }

  function seatsOf(s: State, challengeClass: number): number[] {
    const first = challengeClass * SEATS_PER_CLASS;
    return Array.from(s.seats.subarray(first, first + committeeField(s, challengeClass, 'seatCount')));
  }

  function* foundationLicences(s: State): Generator<Action, void, void> {
    const wanted = getParam(s, 'slark.foundation_nodes');
    while (s.slarkTotals[F.slarkTotals.foundationCount]! < wanted) {
      const before = s.slarkTotals[F.slarkTotals.foundationCount]!;
      yield send('grantLicence', []);
      const licence = s.slarkTotals[F.slarkTotals.slarkCount]!;
      yield send('registerFoundationKey', [licence], keyBulk(`foundation/${licence}`, ACCOUNT.foundation));
      if (s.slarkTotals[F.slarkTotals.foundationCount] === before) return;
    }
  }

  function* clients(s: State): Generator<Action, void, void> {
    for (let licence = 1; licence <= s.slarkTotals[F.slarkTotals.slarkCount]!; licence++) {
      if (slarkField(s, licence, 'isFoundation') === 1) continue;
      const state = slarkField(s, licence, 'state');
      if (state !== SLARK_STATE.running && state !== SLARK_STATE.offline) continue;
      const connected = run.world[(slarkField(s, licence, 'runner') - ACCOUNT.firstAgent) * 4 + 3] === 1;
      if (state === SLARK_STATE.running && !connected) yield send('loseClient', [licence]);
      else if (state === SLARK_STATE.offline && connected) yield send('restoreClient', [licence]);
    }
  }

  /** What an honest Slark finds about a challenge. */
  function honestVerdict(s: State, challenge: number): number {
    const at = challenge * RESPONSE_SIZE;
    const isInTime = run.responses[at + RESPONSE.responseMs]! <= getParam(s, 'chal.timeout_s') * 1_000;
    const passes =
      run.responses[at + RESPONSE.isAnswered] === 1 &&
      run.responses[at + RESPONSE.fits] === 1 &&
      run.responses[at + RESPONSE.isRight] === 1 &&
      isInTime;
    return passes ? VERDICT.pass : VERDICT.fail;
  }

  /** One certificate: the distinct result vectors, who signed which, and one signature; null if fewer than `needed` seats signed. */
  function certificateOf(s: State, challengeClass: number, needed: number): Action | null {
    const slot = s.clockTotals[F.clockTotals.slotCount]! - 1;
    const targets = challengesOf(s, challengeClass);
    const groups = new Map<string, { mask: number; words: readonly number[]; signers: string[] }>();
    let signedCount = 0;
    seatsOf(s, challengeClass).forEach((licence, seat) => {
      // Whoever has left since it was drawn signs nothing: its key is gone, and one wrong signer would spoil the others'.
      if (slarkField(s, licence, 'state') !== SLARK_STATE.running || slarkField(s, licence, 'keyId') === 0) return;
      const isFoundation = slarkField(s, licence, 'isFoundation') === 1;
      const results = targets.map((challenge) =>
        isFoundation ? honestVerdict(s, challenge) : run.judgements[judgementAt(challenge, seat)]!,
      );
      if (results.some((verdict) => verdict === VERDICT.none)) return;
      // A client that took the licence over within the slot does not sign for the one before it.
      const runner = slarkField(s, licence, 'runner');
      if (!isFoundation && targets.some((challenge) => judges.get(judgementAt(challenge, seat)) !== runner)) return;
      const words = packResults(results);
      const name = words.join();
      const group = groups.get(name) ?? { mask: 0, words, signers: [] };
      groups.set(name, { ...group, mask: group.mask + (1 << seat), signers: [...group.signers, signerOf(s, licence)] });
      signedCount += 1;
    });
    if (signedCount < needed) return null;
    const listed = [...groups.values()];
    const signature = keys.sign(
      listed.map(({ signers, words }) => ({ signers, message: certificateMessage(slot, challengeClass, words) })),
    );
    const bulk = [...listed.flatMap(({ mask, words }) => [mask, ...words]), ...(signature ?? [])];
    const [p0, p1] = puzzleOf(slot, challengeClass);
    return send('certifyResults', [challengeClass, p0, p1, listed.length], bulk);
  }

  function* certificates(s: State, needed: number): Generator<Action, void, void> {
    if (countNow(s) === 0) return;
    for (const challengeClass of CLASSES) {
      if (committeeField(s, challengeClass, 'state') !== CHALLENGE_STATE.issued) continue;
      const certificate = certificateOf(s, challengeClass, needed);
      if (certificate !== null) yield certificate;
    }
  }

  /** A target that had registered more than it has and was caught at it may become a case (SLASH-1, GOV-5, OP-56). */
  function* spoofingCases(s: State): Generator<Action, void, void> {
    for (let challenge = 1; challenge <= countNow(s); challenge++) {
      const at = challenge * STRIDE.challenges;
      if (s.challenges[at + F.challenges.state] !== CHALLENGE_STATE.failed) continue;
      const provider = providerOf(s, challenge);
      if (s.providers[provider * STRIDE.providers + F.providers.state] !== PROVIDER_STATE.active) continue;
      const isCaught =
        run.responses[challenge * RESPONSE_SIZE + RESPONSE.isAnswered] === 1 &&
        run.responses[challenge * RESPONSE_SIZE + RESPONSE.fits] === 0 &&
        isOverclaimed(s, provider);
      if (isCaught && chance(draw(s, PURPOSE.misconduct, provider, 0), getParam(s, 'slash.misconduct_detect_bps')))
        yield send('upholdMisconduct', [provider, ...harmOf(s, provider)]);
    }
  }

  /** A consumer whose request of this slot was assigned to the provider's node, and its fee; nobody and 0 if there is none. @rule SLASH-1 */
  function harmOf(s: State, provider: number): readonly [account: number, units: number] {
    const node = s.providers[provider * STRIDE.providers + F.providers.node]!;
    if (node === 0 || s.callTotals[F.callTotals.slot] !== s.clockTotals[F.clockTotals.slotCount]) return [0, 0];
    for (let request = 1; request <= s.callTotals[F.callTotals.requestCount]!; request++) {
      const at = request * STRIDE.requests;
      const feeUnits = s.requests[at + F.requests.feeUnits]!;
      if (s.requests[at + F.requests.node] === node && feeUnits > 0)
        return [s.requests[at + F.requests.consumer]!, feeUnits];
    }
    return [0, 0];
  }

  /** Once an era: a case against a provider that has done nothing wrong (OP-56). */
  function* falseCases(s: State): Generator<Action, void, void> {
    const rateBps = getParam(s, 'slash.misconduct_false_bps');
    if (rateBps === 0) return;
    for (let provider = 1; provider <= s.providerTotals[F.providerTotals.providerCount]!; provider++) {
      if (s.providers[provider * STRIDE.providers + F.providers.state] !== PROVIDER_STATE.active) continue;
      if (chance(draw(s, PURPOSE.misconduct, provider, 1), rateBps)) yield send('upholdMisconduct', [provider, 0, 0]);
    }
  }

  function isOverclaimed(s: State, provider: number): boolean {
    const at = provider * STRIDE.providers;
    const own = (s.providers[at + F.providers.owner]! - ACCOUNT.firstAgent) * CAPACITY_SIZE;
    return (
      s.providers[at + F.providers.cpuCount]! > run.capacity[own + CAPACITY.cpuCount]! ||
      s.providers[at + F.providers.memoryGb]! > run.capacity[own + CAPACITY.memoryGb]! ||
      s.providers[at + F.providers.storageGb]! > run.capacity[own + CAPACITY.storageGb]! ||
      s.providers[at + F.providers.gpuCount]! > run.capacity[own + CAPACITY.gpuCount]!
    );
  }

  function isChallenge(s: State, challenge: number): boolean {
    return Number.isInteger(challenge) && challenge >= 1 && challenge <= countNow(s);
  }

  function isLicence(s: State, licence: number): boolean {
    return Number.isInteger(licence) && licence >= 1 && licence <= s.slarkTotals[F.slarkTotals.slarkCount]!;
  }

  /** @returns why it is ignored; null if it is taken */
  function takeResponse(
    s: State,
    agent: number,
    challenge: number,
    answerId: number,
    ms: number,
    evicts: boolean,
  ): IgnoreReason | null {
    if (!isChallenge(s, challenge)) return 'no such challenge';
    const provider = providerOf(s, challenge);
    const owner = s.providers[provider * STRIDE.providers + F.providers.owner]!;
    if (owner !== ACCOUNT.firstAgent + agent) return 'not its provider';
    if (!isTime(ms)) return 'no time';
    const at = challenge * RESPONSE_SIZE;
    const { variant, sample, level } = puzzleOfChallenge(run, challenge);
    const right = run.answers[answerAt(run, variant, sample, level)]!;
    run.responses[at + RESPONSE.isAnswered] = 1;
    run.responses[at + RESPONSE.fits] = canDeploy(run, s, challenge, evicts) ? 1 : 0;
    run.responses[at + RESPONSE.isRight] = right !== 0 && answerId === right ? 1 : 0;
    run.responses[at + RESPONSE.responseMs] = ms;
    watch.noteResponse(provider, ms, evicts);
    return null;
  }

  /** Whether a client has executed the puzzle itself: only then has it the numbers for a sketch of its own. */
  function hasMeasured(agent: number, challenge: number): boolean {
    const { variant, sample, level } = puzzleOfChallenge(run, challenge);
    return hasExecuted(run, agent, variant, sample, level);
  }

  /** @returns why it is ignored; null if it is taken, or if the seat has spoken before */
  function takeJudgement(
    s: State,
    agent: number,
    challenge: number,
    licence: number,
    verdict: number,
    ms: number,
  ): IgnoreReason | null {
    if (!isChallenge(s, challenge)) return 'no such challenge';
    const isOwn = isLicence(s, licence) && slarkField(s, licence, 'runner') === ACCOUNT.firstAgent + agent;
    if (!isOwn) return 'not its licence';
    const challengeClass = s.challenges[challenge * STRIDE.challenges + F.challenges.class]!;
    const seat = seatsOf(s, challengeClass).indexOf(licence);
    if (seat < 0) return 'no seat';
    if (verdict !== VERDICT.pass && verdict !== VERDICT.fail) return 'no verdict';
    if (!isTime(ms)) return 'no time';
    const at = judgementAt(challenge, seat);
    if (run.judgements[at] !== VERDICT.none) return null;
    if (getParam(s, 'chal.proof') === PROOF_SKETCH && !hasMeasured(agent, challenge))
      unproven.push({ challenge, licence, seat });
    judges.set(at, ACCOUNT.firstAgent + agent);
    run.judgements[at] = verdict;
    run.judgements[at + 1] = ms;
    const own = delays.get(licence) ?? { sumMs: 0, count: 0 };
    delays.set(licence, { sumMs: own.sumMs + ms, count: own.count + 1 });
    return null;
  }

  /** Licences that nobody drew in this era and whose client is there to sign. */
  function* attestation(s: State): Generator<Action, void, void> {
    const era = s.clockTotals[F.clockTotals.era]!;
    const signers: number[] = [];
    for (let licence = 1; licence <= s.slarkTotals[F.slarkTotals.slarkCount]!; licence++) {
      if (slarkField(s, licence, 'isFoundation') === 1 || slarkField(s, licence, 'state') !== SLARK_STATE.running)
        continue;
      if (slarkField(s, licence, 'keyId') === 0 || slarkField(s, licence, 'selectedEra') === era + 1) continue;
      signers.push(licence);
    }
    const message = attestationMessage(
      era,
      Array.from({ length: 8 }, (_, i) => s.challengeTotals[F.challengeTotals.subsets0 + i]!),
    );
    const signature =
      signers.length === 0 ? null : keys.sign([{ signers: signers.map((licence) => signerOf(s, licence)), message }]);
    yield send('attestSubsets', [signers.length], [...signers, ...(signature ?? [])]);
  }

  return {
    *schedule(s) {
      if (!usesProviders) return;
      run.responses.fill(0);
      run.judgements.fill(0);
      judges.clear();
      run.puzzles.fill(0);
      yield* foundationLicences(s);
      yield* clients(s);
      if (s.providerTotals[F.providerTotals.activeCount] === 0) return;
      yield send('scheduleChallenges', []);
      const slot = s.clockTotals[F.clockTotals.slotCount]! - 1;
      for (const challengeClass of CLASSES) {
        if (committeeField(s, challengeClass, 'state') !== CHALLENGE_STATE.scheduled) continue;
        const [p0, p1] = puzzleOf(slot, challengeClass);
        yield send('commitPuzzle', [challengeClass, ...puzzleHash(slot, challengeClass, p0, p1)]);
      }
    },
    *issue(s) {
      if (!usesProviders || countNow(s) === 0) return;
      const slot = s.clockTotals[F.clockTotals.slotCount]! - 1;
      for (const challengeClass of CLASSES) {
        if (committeeField(s, challengeClass, 'state') !== CHALLENGE_STATE.committed) continue;
        yield send('issueChallenges', [challengeClass]);
        run.puzzles.set(puzzleOf(slot, challengeClass), challengeClass * 2);
      }
    },
    jobs(s) {
      const jobs: PuzzleJob[] = [];
      for (let challenge = 1; challenge <= countNow(s); challenge++) {
        const at = challenge * STRIDE.challenges;
        if (s.challenges[at + F.challenges.state] !== CHALLENGE_STATE.issued) continue;
        jobs.push(puzzleOfChallenge(run, challenge));
      }
      return jobs;
    },
    receive(s, messages) {
      for (let i = 0; i < messages.length; i += MESSAGE_SIZE) {
        const [agent, kind, challenge, a, b, c] = messages.subarray(i, i + MESSAGE_SIZE) as unknown as [
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        if (kind !== MESSAGE.respond && kind !== MESSAGE.judge) continue;
        const reason =
          kind === MESSAGE.respond
            ? takeResponse(s, agent, challenge, a, b, c === 1)
            : takeJudgement(s, agent, challenge, a, b, c);
        if (reason !== null) ignored.set(reason, (ignored.get(reason) ?? 0) + 1);
      }
    },
    async checkProofs(s, compare) {
      const drop = (at: number, licence: number): void => {
        const { sumMs, count } = delays.get(licence)!;
        if (count === 1) delays.delete(licence);
        else delays.set(licence, { sumMs: sumMs - run.judgements[at + 1]!, count: count - 1 });
        proofs.droppedCount += 1;
        run.judgements[at] = VERDICT.none;
        run.judgements[at + 1] = 0;
        judges.delete(at);
      };
      const claims = unproven.splice(0);
      /** What somebody handed in without having measured is nothing to copy from either. */
      const isClaim = new Set(claims.map(({ challenge, seat }) => judgementAt(challenge, seat)));
      const pairs = claims.flatMap(({ challenge, licence, seat }) => {
        const challengeClass = s.challenges[challenge * STRIDE.challenges + F.challenges.class]!;
        const at = judgementAt(challenge, seat);
        const from = seatsOf(s, challengeClass).find((_, other) => {
          const theirs = judgementAt(challenge, other);
          return run.judgements[theirs] !== VERDICT.none && !isClaim.has(theirs);
        });
        proofs.checkedCount += 1;
        if (from === undefined) {
          drop(at, licence);
          return [];
        }
        const job = puzzleOfChallenge(run, challenge);
        const claimed = { ...job, nonce: nonceOfSeat(run, challenge, from) };
        const declared = { ...job, nonce: nonceOfSeat(run, challenge, licence) };
        return [{ at, licence, comparison: { claimed, declared } }];
      });
      if (pairs.length === 0) return;
      const compared = await compare(pairs.map(({ comparison }) => comparison));
      pairs.forEach(({ at, licence, comparison }, i) => {
        const { precision } = run.variants[comparison.declared.variant]!;
        if (compared[i]!.distancePpb > acceptedPpb(s.paramValues, precision, false)) drop(at, licence);
      });
    },
    proofs: () => ({ ...proofs }),
    *certify(s) {
      if (usesProviders) yield* certificates(s, 2 * getParam(s, 'chal.n') + 1);
    },
    *close(s) {
      if (!usesProviders || countNow(s) === 0) return;
      yield* certificates(s, getParam(s, 'chal.n') + 1);
      yield send('closeChallenges', []);
      yield* spoofingCases(s);
      if (s.clockTotals[F.clockTotals.slotCount]! % run.slotsPerEra === 0) yield* falseCases(s);
    },
    *report(s) {
      const count = s.slarkTotals[F.slarkTotals.slarkCount]!;
      if (!usesProviders || count === 0) return;
      if (s.challengeTotals[F.challengeTotals.slot]! > 0) yield* attestation(s);
      const means = Array.from({ length: count }, (_, i) => {
        const own = delays.get(i + 1);
        return own === undefined ? 0 : Math.max(1, Math.ceil(own.sumMs / own.count));
      });
      delays.clear();
      yield send('reportSlarks', [0, count], means);
    },
    ignored: () => Object.fromEntries([...ignored].sort(([a], [b]) => (a < b ? -1 : 1))),
    wordsOf({ actor }) {
      return keyBulk(`slark/${actor - ACCOUNT.firstAgent}`, actor);
    },
  };
}

/** Keys for runs in which nobody checks a signature: words that tell signers apart, and no signatures. */
export function createNameKeys(): KeyRing {
  return {
    keyWords(signer) {
      return Array.from({ length: 16 }, (_, i) => Number.parseInt(keccak256Hex(`${signer}/${i}`).slice(0, 12), 16));
    },
    possession: () => null,
    sign: () => null,
  };
}
