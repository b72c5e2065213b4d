/**
 * Random histories of licences and challenges on core and contracts, with real keys and signatures: the same codes with the
 * same two values, the same events in the same order, the same words. Some actions are out of turn, some certificates are
 * false.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStreams, nextInt, streamKey } from '../base/stream.ts';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import { ACTION_NAMES, type Action, type ActionName, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { createBeacons } from '../protocol/beacons.ts';
import { attestationMessage, certificateMessage, packResults, puzzleHash } from '../protocol/certificates.ts';
import { ACCOUNT, CHALLENGE_STATE, F, SEATS_PER_CLASS, SLARK_STATE, STRIDE } from '../protocol/layout.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import { eraSettlement } from '../protocol/processEra.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import { createState, type State } from '../protocol/state.ts';
import { aggregate, possessionWords, publicKeyWords, type SecretKey, secretKeyOf, sign } from './bls.ts';
import { testBuild } from './chainFixture.ts';
import { blsVerifier } from './keyRing.ts';
import { compareStates } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import { eventsOf } from './vectorFile.ts';

const AGENTS = 6;
const SLOTS = 24;
const ACTIONS_PER_SLOT = 14;
const CAPACITIES = { paramValues: 512, ratings: 8_000, providerRatings: 64_000 };
const OVERRIDES: Readonly<Record<string, number>> = {
  'time.slots_per_era': 2,
  'chal.n': 1,
  'chal.targets_per_slot': 2,
  'slark.soulbound_s': 9_000,
  'slark.promo_eras': 1,
  'slark.demo_eras': 1,
  'slark.ban_eras': 2,
  'slark.seats.2': 3,
  'slark.seats.3': 2,
  ...Object.fromEntries(
    [2, 3, 4, 5, 6].flatMap((tier) => [
      [`slark.buy_tokens.${tier}`, 101],
      [`slark.acc_pct.${tier}`, 60],
      [`slark.resp_ms.${tier}`, 350],
    ]),
  ),
  'slark.licences_per_machine': 2,
  'slark.foundation_nodes': 3,
  'slark.vest_threshold': 10,
  'slark.vest_eras': 2,
  'deleg.unbond_eras': 1,
  'tier.initial': 7,
  'tier.promo_eras': 1,
};
const L = F.slarks;

/** A walk from genesis: proposals read the core, which is ahead of the chain by nothing. */
class Walk {
  readonly reached = new Map<string, number>();
  private readonly secrets = new Map<number, SecretKey>();
  private keyCount = 0;
  private nowS = 0;
  readonly core: State;
  readonly chain: ProtocolChain;
  readonly next: (n: number) => number;

  constructor(core: State, chain: ProtocolChain, next: (n: number) => number) {
    this.core = core;
    this.chain = chain;
    this.next = next;
  }

  /** Does the same to both, and compares what they say. */
  async send(sent: Action): Promise<boolean> {
    const { core, chain } = this;
    this.nowS += 1;
    core.nowS = this.nowS;
    const refusal = await chain.refusalOf(this.nowS, sent);
    const sink = createState({});
    core.eventCount = 0;
    const code = applyAction(core, sent);
    const [answer] = await chain.execute(this.nowS, [sent], sink);
    const name = ACTION_NAMES[sent.kind]!;
    const told = `${name}(${sent.args.join(', ')}) of ${sent.actor}`;
    expect([told, REJECTIONS[answer!] ?? answer]).toEqual([told, REJECTIONS[code]]);
    if (code !== 0) {
      expect([told, refusal?.have, refusal?.need]).toEqual([told, core.rejectHave, core.rejectNeed]);
    } else {
      expect([told, ...eventsOf(sink)]).toEqual([told, ...eventsOf(core)]);
    }
    const key = `${name} ${REJECTIONS[code]}`;
    this.reached.set(key, (this.reached.get(key) ?? 0) + 1);
    return code === 0;
  }

  keeper(name: ActionName, args: readonly number[], bulk?: readonly number[]): Promise<boolean> {
    return this.send(action(name, ACCOUNT.keeper, args, bulk));
  }

  goTo(nowS: number): void {
    if (nowS > this.nowS) this.nowS = nowS;
  }

  private agent(): number {
    return ACCOUNT.firstAgent + this.next(AGENTS);
  }

  private once(n: number): boolean {
    return this.next(n) === 0;
  }

  private slark(licence: number, field: number): number {
    return this.core.slarks[licence * STRIDE.slarks + field] ?? 0;
  }

  /** Mostly one that exists; where there is one, in this state. */
  private licence(state?: number): number {
    const count = this.core.slarkTotals[F.slarkTotals.slarkCount]!;
    if (this.once(25)) return this.next(count + 2);
    const found = Array.from({ length: count }, (_, i) => i + 1).filter(
      (licence) => state === undefined || this.slark(licence, L.state) === state,
    );
    return found.length === 0 ? 1 + this.next(Math.max(count, 1)) : found[this.next(found.length)]!;
  }

  private mostly(account: number): number {
    return this.once(15) || account < ACCOUNT.firstAgent ? this.agent() : account;
  }

  private provider(): number {
    return this.next(this.core.providerTotals[F.providerTotals.providerCount]! + (this.once(20) ? 2 : 0)) + 1;
  }

  /** Words for a key, now and then false. Whose they are is known once they are accepted. */
  private async register(name: 'registerSlarkKey' | 'registerFoundationKey', licence: number, actor: number) {
    const secret = secretKeyOf(`walk/${++this.keyCount}`);
    // Now and then a proof that was made for somebody else.
    const holder = this.once(12) ? ACCOUNT.treasury : name === 'registerSlarkKey' ? actor : ACCOUNT.foundation;
    const words = [...publicKeyWords(secret), ...possessionWords(secret, holder)];
    if (this.once(8)) words[this.next(48)] = this.next(2) * 2 ** 48 + this.next(1_000);
    if (this.once(20)) words.pop();
    if (await this.send(action(name, actor, [licence], words))) this.secrets.set(licence, secret);
  }

  /** Licences that run from the start, of agents and of the foundation. */
  async found(): Promise<void> {
    for (let licence = 1; licence <= 8; licence++) {
      const actor = ACCOUNT.firstAgent + (licence % AGENTS);
      await this.send(action('buyLicence', actor, []));
      await this.register('registerSlarkKey', licence, actor);
      await this.send(action('selfOperate', actor, [licence, 1 + (licence % 3)]));
      await this.send(action('setOptIn', actor, [licence, 1]));
      await this.send(action('topUpLicence', actor, [licence, 1_000_001]));
    }
    await this.keeper('grantLicence', []);
    await this.register('registerFoundationKey', 9, ACCOUNT.keeper);
  }

  /** One thing that an agent or, of licences, the keeper does. */
  async act(): Promise<void> {
    const runner = (licence: number) => this.slark(licence, L.runner);
    const owner = (licence: number) => this.slark(licence, L.owner);
    const pending = this.licence(SLARK_STATE.pending);
    const owned = this.licence(SLARK_STATE.owned);
    const running = this.licence(SLARK_STATE.running);
    const any = this.licence();
    const delegation = 1 + this.next(this.core.stakeTotals[F.stakeTotals.delegationCount]! + 1);
    const delegator = this.core.delegations[delegation * STRIDE.delegations + F.delegations.delegator] ?? 0;
    const by = (name: ActionName, actor: number, args: readonly number[]) => this.send(action(name, actor, args));
    const list: readonly (() => Promise<unknown>)[] = [
      () => by('buyLicence', this.agent(), []),
      () => by('topUpLicence', this.mostly(owner(any)), [any, this.next(3) * 60_000_000]),
      () => this.register('registerSlarkKey', owned, this.mostly(owner(owned))),
      () => this.register('registerSlarkKey', owned, this.mostly(owner(owned))),
      () => this.register('registerSlarkKey', pending, this.mostly(this.slark(pending, L.pendingRunner))),
      () => this.register('registerSlarkKey', running, this.mostly(runner(running))),
      () => by('selfOperate', this.mostly(owner(owned)), [owned, this.provider()]),
      () => by('selfOperate', this.mostly(owner(owned)), [owned, this.provider()]),
      () => by('chooseProvider', this.mostly(owner(any)), [any, this.provider()]),
      () => by('requestRunner', this.mostly(owner(owned)), [owned, this.agent(), this.provider()]),
      () => by('acceptRunner', this.mostly(this.slark(pending, L.pendingRunner)), [pending]),
      () => by('rejectRunner', this.mostly(this.slark(pending, L.pendingRunner)), [pending]),
      () => (this.once(6) ? by('endRunner', this.mostly(runner(running)), [running]) : Promise.resolve()),
      () => by('setOptIn', this.mostly(owner(any)), [any, this.next(11) % 3]),
      () => by('transferLicence', this.mostly(owner(owned)), [owned, this.agent()]),
      () => (this.once(2) ? by('loseClient', ACCOUNT.keeper, [running]) : Promise.resolve()),
      () => by('restoreClient', ACCOUNT.keeper, [this.licence(SLARK_STATE.offline)]),
      () => by('restoreClient', ACCOUNT.keeper, [this.licence(SLARK_STATE.offline)]),
      () => by('grantLicence', ACCOUNT.keeper, []),
      () => this.register('registerFoundationKey', this.once(3) ? any : this.foundation(), ACCOUNT.keeper),
      () => by('redelegate', this.mostly(delegator), [delegation, this.provider()]),
      () => by('undelegate', this.mostly(delegator), [delegation, this.next(60_000_000)]),
      () => by('proposeProvider', this.agent(), [0, 1, 4, 16, 100, 1, 5, 2, 2, 2, this.next(16)]),
      () => by('stakeProvider', this.agent(), [this.provider(), 160_000_000]),
      () => (this.once(4) ? by('deregisterProvider', this.agent(), [this.provider()]) : Promise.resolve()),
    ];
    await list[this.next(list.length)]!();
  }

  private foundation(): number {
    const count = this.core.slarkTotals[F.slarkTotals.slarkCount]!;
    for (let licence = 1; licence <= count; licence++)
      if (this.slark(licence, L.isFoundation) === 1 && this.slark(licence, L.keyId) === 0) return licence;
    return this.licence();
  }

  private committee(challengeClass: number, field: number): number {
    return this.core.committees[challengeClass * STRIDE.committees + field]!;
  }

  private secretOf(licence: number): SecretKey {
    return this.secrets.get(licence) ?? secretKeyOf(`nobody/${licence}`);
  }

  /** A certificate of a class, now and then false in one respect. */
  private async certify(slot: number, challengeClass: number): Promise<void> {
    const seatCount = this.committee(challengeClass, F.committees.seatCount);
    const targetCount = this.committee(challengeClass, F.committees.targetCount);
    const seats = Array.from({ length: seatCount }, (_, seat) => seat).filter(() => !this.once(15));
    const groups = new Map<string, { mask: number; results: number[]; seats: number[] }>();
    for (const seat of seats) {
      const results = Array.from({ length: targetCount }, () => (this.once(4) ? 2 : 1));
      const group = groups.get(results.join()) ?? { mask: 0, results, seats: [] };
      group.mask += 2 ** seat;
      group.seats.push(seat);
      groups.set(results.join(), group);
    }
    const words = [...groups.values()].flatMap(({ mask, results }) => [mask, ...packResults(results)]);
    const signedSlot = this.once(10) ? slot + 1 : slot;
    const signatures = [...groups.values()].flatMap(({ results, seats: own }) => {
      const message = certificateMessage(signedSlot, challengeClass, packResults(results));
      return own.map((seat) => sign(this.secretOf(this.core.seats[challengeClass * SEATS_PER_CLASS + seat]!), message));
    });
    const signature = signatures.length === 0 ? [] : aggregate(signatures);
    const all = [...words, ...signature];
    if (all.length > 0 && this.once(6)) all[this.next(all.length)] = this.next(2 ** 20) * (this.once(5) ? 2 ** 30 : 1);
    const puzzle = this.once(12) ? 9 : 7;
    await this.keeper('certifyResults', [challengeClass, puzzle, 8, groups.size], all);
  }

  /** The challenges of a slot, each phase of them possibly out of turn. */
  async challenge(slot: number, startS: number): Promise<void> {
    if (!this.once(8)) await this.keeper('scheduleChallenges', []);
    for (let challengeClass = 0; challengeClass <= 7; challengeClass++) {
      if (this.committee(challengeClass, F.committees.state) !== CHALLENGE_STATE.scheduled && !this.once(8)) continue;
      const [hash0, hash1] = puzzleHash(slot, challengeClass, 7, 8);
      if (!this.once(10)) await this.keeper('commitPuzzle', [challengeClass, this.once(12) ? 2 ** 52 : hash0, hash1]);
      if (!this.once(10)) await this.keeper('issueChallenges', [challengeClass]);
    }
    for (let i = 0; i < 3; i++) await this.act();
    this.goTo(startS + 330);
    for (let round = 0; round < 2; round++) {
      for (let challengeClass = 1; challengeClass <= 6; challengeClass++) {
        const state = this.committee(challengeClass, F.committees.state);
        if (state === CHALLENGE_STATE.issued || this.once(10)) await this.certify(slot, challengeClass);
      }
      if (round === 0) await this.keeper('closeChallenges', []);
      this.goTo(startS + 420);
    }
    if (!this.once(5)) await this.keeper('closeChallenges', []);
  }

  async attest(era: number): Promise<void> {
    const count = this.core.slarkTotals[F.slarkTotals.slarkCount]!;
    const signers = Array.from({ length: count }, (_, i) => i + 1).filter((licence) => {
      const isFree = this.slark(licence, L.state) === SLARK_STATE.running && this.slark(licence, L.keyId) !== 0;
      const isUnselected = this.slark(licence, L.isFoundation) === 0 && this.slark(licence, L.selectedEra) !== era + 1;
      return (isFree && isUnselected) !== this.once(12);
    });
    const subsets = Array.from(
      this.core.challengeTotals.slice(F.challengeTotals.subsets0, F.challengeTotals.subsets0 + 8),
    );
    const message = attestationMessage(this.once(8) ? era + 1 : era, subsets);
    const signature = signers.length === 0 ? [] : aggregate(signers.map((z) => sign(this.secretOf(z), message)));
    await this.keeper('attestSubsets', [signers.length], [...signers, ...signature]);
  }
}

describe('licences and challenges in lockstep', () => {
  const params = [...ledgerParams(OVERRIDES)];
  const { commitment, beacons } = createBeacons(5, SLOTS);
  const plan: GenesisPlan = {
    ...{ params, commitment, beacons, unitsPerToken: 1_000_000 },
    ...{ slotS: params[P['time.slot_s']]!, slotsPerEra: params[P['time.slots_per_era']]! },
    openUnits: new Array<number>(AGENTS).fill(20_000_000_000),
  };
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;

  beforeAll(async () => {
    const options = { plan, seed: 1, agentCount: AGENTS, signedBps: 0, builtDir: testBuild(), root: repoRoot() };
    chain = await openProtocolChain(options);
    toGenesis = await chain.checkpoint();
  });
  afterAll(() => chain?.close());

  it.each([1, 2, 3])(
    'agrees on every code, value, event and word of history %i',
    async (seed) => {
      await toGenesis();
      const core = createGenesisState(plan, CAPACITIES);
      core.verifier = blsVerifier;
      const streams = createStreams(1, (i) => streamKey(seed, 'challenges', 'walk', i));
      const walk = new Walk(core, chain, (n) => nextInt(streams, 0, n));
      for (let slot = 0; slot < SLOTS; slot++) {
        const startS = slot * plan.slotS;
        walk.goTo(startS);
        if (slot > 0 && slot % plan.slotsPerEra === 0) {
          for (const step of eraSettlement(core, 1 + walk.next(5))) expect(await walk.send(step)).toBe(true);
          expect((await compareStates(core, chain)).differences).toEqual([]);
        }
        expect(await walk.keeper('openSlot', beacons[slot]!.words)).toBe(true);
        if (slot === 0) {
          for (let i = 0; i < 3; i++) {
            const actor = ACCOUNT.firstAgent + i;
            await walk.send(action('proposeProvider', actor, [0, 1, 16, 64, 500, 2, 9, 3, 2, 2, 9]));
            await walk.send(action('stakeProvider', actor, [i + 1, 600_000_000]));
          }
          await walk.found();
        }
        await walk.challenge(slot, startS);
        for (let i = 0; i < ACTIONS_PER_SLOT * (slot < 2 ? 3 : 1); i++) await walk.act();
        if (slot % plan.slotsPerEra === plan.slotsPerEra - 1) {
          await walk.attest(slot / plan.slotsPerEra - 0.5);
          const count = core.slarkTotals[F.slarkTotals.slarkCount]!;
          await walk.keeper(
            'reportSlarks',
            [0, count],
            Array.from({ length: count }, () => walk.next(400)),
          );
        }
        expect((await compareStates(core, chain)).differences).toEqual([]);
      }
      const reached = [...walk.reached.entries()].map(([what, count]) => `${what}: ${count}`).sort();
      expect(
        reached.filter((what) => what.startsWith('certifyResults None')),
        reached.join('\n'),
      ).toHaveLength(1);
      if (process.env.SHOW_REACHED !== undefined) process.stdout.write(`${reached.join('\n')}\n`);
    },
    600_000,
  );
});
