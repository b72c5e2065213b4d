/** Signatures of certificates in a whole run on core and chain: sound ones count, all others are refused by both alike. */
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { createInlineAgents } from '../cli/agentPool.ts';
import { openReplay, smallScenario } from '../cli/testRun.ts';
import type { KeyRing } from '../engine/ports.ts';
import { runScenario } from '../engine/run.ts';
import { createTestWorld } from '../engine/testWorld.ts';
import { A } from '../protocol/actions.ts';
import { F } from '../protocol/layout.ts';
import { R } from '../protocol/rejections.ts';
import { testBuild } from './chainFixture.ts';
import { blsVerifier, createKeyRing } from './keyRing.ts';
import { createLockstepLedger } from './lockstep.ts';
import { openProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';

type Groups = Parameters<KeyRing['sign']>[0];
type Forgery = (keys: KeyRing, groups: Groups, before: readonly number[] | null) => readonly number[] | null;

const ERAS = 2;
const scenario = smallScenario(
  [
    { role: 'miner', strategy: 'steady', count: 3, options: { facets: 'spheron' } },
    { role: 'slark', strategy: 'diligent', count: 6 },
    { role: 'consumer', strategy: 'honest', count: 1 },
  ],
  { eras: ERAS, params: { 'chal.targets_per_slot': 2 } },
);

type Outcome = {
  /** Of the certificates, and of the Slarks' keys: how many had which code. */
  readonly codes: Map<number, number>;
  readonly registrations: Map<number, number>;
  readonly attested: number;
  readonly words: number;
};

/**
 * Runs the scenario in lockstep with a key ring that forges whenever `forge` says so, and takes keys and proofs from
 * wherever `steal` does; what became of it.
 */
async function runWith(forge: Forgery, steal: (honest: KeyRing) => Partial<KeyRing> = () => ({})): Promise<Outcome> {
  const world = createTestWorld(scenario, await openReplay(60));
  world.state.verifier = blsVerifier;
  const chain = await openProtocolChain({
    plan: world.plan,
    seed: scenario.seed,
    agentCount: world.roster.agents.length,
    signedBps: 0,
    builtDir: testBuild(),
    root: repoRoot(),
  });
  const ledger = createLockstepLedger({ core: world.state, chain, faults: [] });
  const honest = createKeyRing(scenario.seed, true);
  // The last certificate and the one before it: a refused one is tried again at the slot's end.
  let last: { readonly text: string; readonly signature: readonly number[] | null } = { text: '', signature: null };
  let before: readonly number[] | null = null;
  const keys: KeyRing = {
    ...honest,
    ...steal(honest),
    sign(groups) {
      const text = groups.map(({ message }) => message.join()).join(';');
      if (text !== last.text) {
        before = last.signature;
        last = { text, signature: honest.sign(groups) };
      }
      return forge(honest, groups, before);
    },
  };
  const codes = new Map<number, number>();
  const registrations = new Map<number, number>();
  let words = 0;
  try {
    await runScenario(
      { scenario, plan: world.plan, shared: world.shared, catalogue: CATALOGUE, names: [], traces: new Map() },
      { ledger, agents: createInlineAgents(world.shared), inference: await openReplay(60), keys },
      {
        era: async (_rows, compared) => {
          words += compared;
        },
        slot: () => {},
        checkInvariants: () => [],
        block: (_slot, _phase, { actions, codes: found }) =>
          actions.forEach(({ kind }, i) => {
            const tally = kind === A.certifyResults ? codes : kind === A.registerSlarkKey ? registrations : undefined;
            tally?.set(found[i]!, (tally.get(found[i]!) ?? 0) + 1);
          }),
      },
    );
  } finally {
    await ledger.close();
  }
  return { codes, registrations, attested: world.state.challengeTotals[F.challengeTotals.attestedEraCount]!, words };
}

const FORGERIES: readonly (readonly [string, Forgery])[] = [
  [
    'of another message',
    (keys, groups) => keys.sign(groups.map((group) => ({ ...group, message: new Uint8Array(32).fill(7) }))),
  ],
  [
    'without one of the signers',
    (keys, groups) => keys.sign([{ ...groups[0]!, signers: groups[0]!.signers.slice(1) }, ...groups.slice(1)]),
  ],
  [
    'with a key that is not in the committee',
    (keys, groups) =>
      keys.sign([{ ...groups[0]!, signers: ['slark/999', ...groups[0]!.signers.slice(1)] }, ...groups.slice(1)]),
  ],
];

describe('certificates of a run in lockstep (CHAL-10)', () => {
  it('with sound signatures > are all accepted on both sides, and the epochs’ subsets attested', async () => {
    const { codes, attested, words } = await runWith((keys, groups) => keys.sign(groups));
    expect([...codes.keys()]).toEqual([0]);
    expect(codes.get(0)).toBeGreaterThan(20);
    expect(attested).toBe(ERAS);
    expect(words).toBeGreaterThan(500);
  }, 120_000);

  it.each(FORGERIES)(
    'with a signature %s > are refused on both sides, and nothing of the run differs',
    async (_, forge) => {
      const { codes, words } = await runWith(forge);
      expect([...codes.keys()]).toEqual([R.InvalidSignature]);
      expect(words).toBeGreaterThan(500);
    },
    120_000,
  );

  it('with the signature of the certificate before > are refused; the first, which had none before it, is accepted', async () => {
    const { codes } = await runWith((keys, groups, before) => before ?? keys.sign(groups));
    expect(codes.get(0)).toBe(1);
    expect(codes.get(R.InvalidSignature)).toBeGreaterThan(20);
    expect(codes.size).toBe(2);
  }, 120_000);

  it('with another Slark’s key and the proof that it has published > a key is registered by its holder only, on both sides', async () => {
    // Whoever registers first is robbed by all others.
    let stolen: { readonly key: readonly number[]; readonly proof: readonly number[] | null } | undefined;
    const { registrations, words } = await runWith(
      (keys, groups) => keys.sign(groups),
      (honest) => ({
        keyWords: (signer) => (signer.startsWith('slark/') && stolen?.key) || honest.keyWords(signer),
        possession(signer, account) {
          const own = honest.possession(signer, account);
          if (!signer.startsWith('slark/')) return own;
          stolen ??= { key: honest.keyWords(signer), proof: own };
          return stolen.proof;
        },
      }),
    );
    expect(registrations.get(0)).toBe(1);
    expect(registrations.get(R.InvalidKey)).toBeGreaterThanOrEqual(5);
    expect(registrations.size).toBe(2);
    expect(words).toBeGreaterThan(500);
  }, 120_000);
});
