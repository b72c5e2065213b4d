/** The vectors of the protocol on the contracts: one deployment, brought back to genesis before each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGenesisState } from '../engine/genesis.ts';
import { applyAction } from '../protocol/apply.ts';
import { createState } from '../protocol/state.ts';
import { testBuild } from './chainFixture.ts';
import { compareStates } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import {
  changesSince,
  codeOf,
  copyTables,
  eventsOf,
  loadVectors,
  openVector,
  planVectors,
  scheduleOf,
  VECTOR_AGENTS,
  VECTOR_CAPACITIES,
  VECTOR_FAMILIES,
} from './vectorFile.ts';
import { writeState } from './writeState.ts';

const root = repoRoot();
const loaded = loadVectors(root);

describe('the vectors on the contracts', () => {
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;
  const genesis = createGenesisState(planVectors(), VECTOR_CAPACITIES);

  beforeAll(async () => {
    const plan = planVectors();
    chain = await openProtocolChain({
      plan,
      seed: 1,
      agentCount: VECTOR_AGENTS,
      signedBps: 0,
      builtDir: testBuild(),
      root,
    });
    toGenesis = await chain.checkpoint();
  });
  afterAll(() => chain?.close());

  describe.each(VECTOR_FAMILIES)('fixtures/vectors/%s', (family) => {
    const own = loaded.filter((entry) => entry.family === family);
    it.each(own.map(({ file, vector }) => [file, vector.name, vector] as const))(
      '%s > %s',
      async (_file, _name, vector) => {
        await toGenesis();
        const core = openVector(vector);
        await writeState(chain, genesis, core);
        const mirror = createState(VECTOR_CAPACITIES);
        await chain.readState(mirror);
        const before = copyTables(mirror);
        const sink = createState({});
        const codes = [];
        for (const { nowS, action } of scheduleOf(vector)) {
          const refusal = await chain.refusalOf(nowS, action);
          const [code] = await chain.execute(nowS, [action], sink);
          expect(refusal?.code ?? 0).toBe(code);
          codes.push(codeOf(code!, refusal?.have ?? 0, refusal?.need ?? 0));
          core.nowS = nowS;
          applyAction(core, action);
        }
        expect(codes).toEqual(vector.expected.codes);
        expect(eventsOf(sink)).toEqual(vector.expected.events);
        await chain.readState(mirror);
        expect(changesSince(before, mirror)).toEqual(vector.expected.postState);
        expect((await compareStates(core, chain)).differences).toEqual([]);
      },
    );
  });
});
