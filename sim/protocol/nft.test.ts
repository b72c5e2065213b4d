import { describe, expect, it } from 'vitest';
import { KIND } from './layout.ts';
import { burnNft, holderOf, mintNft } from './nft.ts';
import { createState } from './state.ts';

describe('mintNft, holderOf, burnNft', () => {
  it('given an entity without > it has no holder, also beyond the table', () => {
    const s = createState({ nodeHolders: 4 });
    expect([holderOf(s, KIND.node, 1), holderOf(s, KIND.node, 5_000)]).toEqual([0, 0]);
  });

  it.each([
    ['model', KIND.model],
    ['node', KIND.node],
    ['validator', KIND.validator],
  ])('given a %s > it has one holder from mint to burn, and others have none of its', (_, kind) => {
    const s = createState();
    mintNft(s, kind, 3, 40);
    expect([KIND.model, KIND.node, KIND.validator].map((k) => holderOf(s, k, 3))).toEqual(
      [KIND.model, KIND.node, KIND.validator].map((k) => (k === kind ? 40 : 0)),
    );
    burnNft(s, kind, 3);
    expect(holderOf(s, kind, 3)).toBe(0);
  });

  it('given a second mint or a second burn > fails', () => {
    const s = createState();
    mintNft(s, KIND.node, 3, 40);
    expect(() => mintNft(s, KIND.node, 3, 41)).toThrow('has an NFT already');
    burnNft(s, KIND.node, 3);
    expect(() => burnNft(s, KIND.node, 3)).toThrow('has no NFT to burn');
  });

  it('given a kind without NFTs > fails', () => {
    expect(() => mintNft(createState(), KIND.task, 1, 40)).toThrow('kind 4 have no NFT');
  });
});
