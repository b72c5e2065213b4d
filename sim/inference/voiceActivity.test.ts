import { describe, expect, it } from 'vitest';
import { sha256Hex } from './hash.ts';
import { CLIP_FRAMES, FRAME_SAMPLES, generateVoiceClip, snrDbOf } from './voiceActivity.ts';

const samplesOf = (pcm: Uint8Array): Int16Array => new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);

/** Mean square of the frames with speech, and of those far from any. */
function powersOf(index: number, difficulty: number): readonly [speech: number, pause: number] {
  const { pcm, isSpeech } = generateVoiceClip('dev', 1, index, difficulty);
  const samples = samplesOf(pcm);
  const powerOf = (wanted: boolean): number => {
    const isPause = (frame: number): boolean => isSpeech[frame] !== true;
    const frames = isSpeech.flatMap((_, frame) =>
      (wanted ? !isPause(frame) : [frame - 1, frame, frame + 1].every(isPause)) ? [frame] : [],
    );
    const squares = frames.map((frame) =>
      samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES).reduce((sum, x) => sum + x * x, 0),
    );
    return squares.reduce((sum, x) => sum + x, 0) / (frames.length * FRAME_SAMPLES);
  };
  return [powerOf(true), powerOf(false)];
}

describe('generateVoiceClip', () => {
  it('given a seed > gives the bytes that it always gave, on every machine', () => {
    const { pcm, isSpeech } = generateVoiceClip('public', 1, 0, 0.6);
    expect(sha256Hex(pcm)).toMatchInlineSnapshot(`"affbe3db66ce7e539ce7121cb7bceb1331fdd5813b82b604e03e9ce9cc197fc2"`);
    expect(isSpeech.map((speech) => (speech ? 1 : 0)).join('')).toMatchInlineSnapshot(
      `"000000000000000000111111111111111111111111111111111111111100000000000001111111111111111111111111111111111111111100000000000111111111111111111110000000000000000000111111111111111111110000000000"`,
    );
  });

  it('given the same arguments > gives the same bytes, whatever was drawn in between', () => {
    const hashOf = () => sha256Hex(generateVoiceClip('held-out', 1, 7, 0.75).pcm);
    const first = hashOf();
    generateVoiceClip('train', 2, 3, 0.2);
    expect(hashOf()).toBe(first);
  });

  it('given a clip > has a label for each frame, and fills the range of 16 bits without leaving it', () => {
    for (let index = 0; index < 5; index++) {
      const { pcm, isSpeech } = generateVoiceClip('dev', 1, index, 0.2);
      const samples = samplesOf(pcm);
      expect(isSpeech).toHaveLength(CLIP_FRAMES);
      expect(samples).toHaveLength(CLIP_FRAMES * FRAME_SAMPLES);
      expect(samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)).toBe(24_000);
    }
  });

  it('given clips > somebody speaks for most of the time and pauses in every one, at every difficulty alike', () => {
    const clips = Array.from({ length: 12 }, (_, index) => generateVoiceClip('dev', 1, index, 0.2));
    const shares = clips.map(({ isSpeech }) => isSpeech.filter(Boolean).length / CLIP_FRAMES);
    for (const share of shares) expect(share > 0.3 && share < 0.9).toBe(true);
    expect(generateVoiceClip('dev', 1, 0, 1).isSpeech).toEqual(clips[0]!.isSpeech);
  });

  it.each([0.2, 0.6, 0.75])(
    'given difficulty %d > the speech is so much louder than the noise as it says',
    (difficulty) => {
      for (let index = 0; index < 5; index++) {
        const [speech, pause] = powersOf(index, difficulty);
        // The first and the last frame of an utterance hold some of both.
        expect(Math.abs(10 * Math.log10((speech - pause) / pause) - snrDbOf(difficulty))).toBeLessThan(1);
      }
    },
  );

  it('given voices > pitch lies where people speak: a period of 4 to 13 ms', () => {
    for (let index = 0; index < 4; index++) {
      const { pcm, isSpeech } = generateVoiceClip('dev', 1, index, 0);
      const samples = samplesOf(pcm);
      const periods = isSpeech.flatMap((speech, frame) => {
        const at = frame * FRAME_SAMPLES;
        if (!speech || at + 2 * FRAME_SAMPLES > samples.length) return [];
        return [strongestPeriod(samples.subarray(at, at + 2 * FRAME_SAMPLES))];
      });
      const voiced = periods.filter((period): period is number => period !== undefined);
      expect(voiced.length).toBeGreaterThan(10);
      const middle = voiced.sort((a, b) => a - b)[voiced.length >> 1]!;
      expect(middle >= 64 && middle <= 208).toBe(true);
    }
  });
});

/** Lag at which a stretch of sound is most like itself; undefined where it is not much like itself at all. */
function strongestPeriod(samples: Int16Array): number | undefined {
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
  let [best, bestShare] = [0, 0];
  for (let lag = 40; lag < 300; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < samples.length; i++) sum += samples[i]! * samples[i + lag]!;
    const share = sum / (samples.length - lag) / power;
    if (share > bestShare) [best, bestShare] = [lag, share];
  }
  return bestShare > 0.5 ? best : undefined;
}
