import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { computeDatasetSha256, generateSample, levels, TEXT_LENGTH_MAX } from './textRecognition.ts';

const root = join(import.meta.dirname, '..', '..');
const easy = levels[0].difficulty;

describe('generateSample', () => {
  it('given the default pool seed > says what it always said', () => {
    expect(Array.from({ length: 6 }, (_, index) => generateSample(root, 1, index, easy).truth)).toMatchInlineSnapshot(`
      [
        "1ZMSIHTV",
        "ottis_herzog@yahoo.com",
        "Fay Group",
        "2021-07-02",
        "HOZGH1X8",
        "$85440.17",
      ]
    `);
  });

  it('given the same arguments > gives the same bytes, whatever was drawn in between', () => {
    const first = generateSample(root, 1, 7, 0.75);
    generateSample(root, 2, 3, 0.2);
    expect(generateSample(root, 1, 7, 0.75)).toEqual(first);
  });

  it('given another level > shows the same line, harder to read', () => {
    const samples = levels.map(({ difficulty }) => generateSample(root, 1, 2, difficulty));
    expect(new Set(samples.map(({ truth }) => truth)).size).toBe(1);
    const contrasts = samples.map(({ grey }) => computeSpread(grey));
    expect(contrasts).toEqual([...contrasts].sort((a, b) => b - a));
  });

  it('given 200 samples > every one is printable ASCII that fits, and nearly all differ', () => {
    const truths = Array.from({ length: 200 }, (_, index) => generateSample(root, 3, index, easy).truth);
    for (const truth of truths) {
      expect(truth).toMatch(/^[!-~]+( [!-~]+)*$/);
      expect(truth.length).toBeLessThanOrEqual(TEXT_LENGTH_MAX);
    }
    expect(new Set(truths).size).toBeGreaterThan(195);
  });

  it('given any sample > covers the whole canvas with paper and noise, so that nothing tells where the text ends', () => {
    const { grey } = generateSample(root, 1, 2, easy);
    const columns = Array.from(
      { length: 320 },
      (_, x) => new Set(Array.from({ length: 48 }, (_, y) => grey[y * 320 + x])).size,
    );
    expect(Math.min(...columns)).toBeGreaterThan(3);
  });
});

describe('computeDatasetSha256', () => {
  // The font is rasterised by native code, which need not round alike on other processors.
  const isReference = process.platform === 'linux' && process.arch === 'x64';
  it.runIf(isReference)('given the default pool > is the hash of the data set that stored results belong to', () => {
    const hashes = levels.map(({ difficulty }) => computeDatasetSha256(root, 1, 20, difficulty));
    expect(hashes).toMatchInlineSnapshot(`
      [
        "2590c0b3ab15e51260093040d21ae0b82026f3ba7e410d77c43230c689d3b15b",
        "85fe51eca588a7c9c714832748fef848032ad9251da1518a4bed2cbfbd6f8869",
        "42bf56df32bc957ae0b307d5d15f941446a1ef66c470854e00745d0447fcec4c",
      ]
    `);
  });

  it('given another seed > is another', () => {
    expect(computeDatasetSha256(root, 2, 3, easy)).not.toBe(computeDatasetSha256(root, 1, 3, easy));
  });
});

/** Difference between the light and the dark twentieth of the pixels. */
function computeSpread(grey: Uint8Array): number {
  const sorted = Uint8Array.from(grey).sort();
  return sorted[Math.floor(sorted.length * 0.95)]! - sorted[Math.floor(sorted.length * 0.05)]!;
}
