import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INT, TWO_52 } from '../base/fixedPoint.ts';
import { commitmentOf } from './commitment.ts';
import { R } from './rejections.ts';
import { revealSketch } from './tasks.ts';
import { createWorld, NO_LIST, openAudit, readTask } from './taskWorld.ts';
import { openAccount } from './token.ts';

describe('commitmentOf', () => {
  it('given the ends of the range > the low 52 bits of the hash of 24 bytes', () => {
    // keccak256 of 24 zero bytes, and of three times 0x001fffffffffffff.
    expect(commitmentOf(0, 0, 0)).toBe(0x8e0daf84f5ccd);
    expect(commitmentOf(MAX_INT, MAX_INT, MAX_INT)).toBe(0xd74f5a3cc1226);
  });

  it('given any output, salt and account > is an identifier, and another if one of them is another (VAL-15)', () => {
    const integer = fc.oneof(fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, MAX_INT), fc.integer({ min: 0, max: MAX_INT }));
    fc.assert(
      fc.property(integer, integer, integer, fc.nat({ max: 1 }), (outputId, saltId, otherId, which) => {
        const s = createWorld();
        const owner = openAccount(s, 0);
        const stranger = openAccount(s, 0);
        const committed = commitmentOf(outputId, saltId, owner);
        expect(committed).toBeGreaterThanOrEqual(0);
        expect(committed).toBeLessThan(TWO_52);
        const own = openAudit(s, owner, 1, committed);
        const copied = openAudit(s, stranger, 1, committed);
        const reveal = (actor: number, task: number, output: number, salt: number): number =>
          revealSketch(s, actor, [task, output, salt, 1], NO_LIST);
        const [output, salt] = which === 0 ? [otherId, saltId] : [outputId, otherId];
        if (output !== outputId || salt !== saltId) expect(reveal(owner, own, output, salt)).toBe(R.CommitmentMismatch);
        expect(reveal(stranger, copied, outputId, saltId)).toBe(R.CommitmentMismatch);
        expect(reveal(owner, own, outputId, saltId)).toBe(0);
        expect(readTask(s, own)).toMatchObject({ outputId, sketchId: 1 });
      }),
      { numRuns: 60, seed: 15 },
    );
  });
});
