/**
 * The voice-activity check: in which frames of a noisy clip does somebody speak? The voice is made here, by a source of
 * pulses and noise behind four resonators (formant synthesis after Klatt 1980), so that the truth is exact. Only
 * additions, multiplications, divisions and comparisons of doubles in a fixed order: equal keys give equal bytes on
 * every machine. Does not decide who answers.
 */
import seedrandom from 'seedrandom';
import { exp } from '../base/elementary.ts';
import { keyOf, type SampleRange } from './sampleKey.ts';

/** Changes whenever the same seed gives other clips. */
export const VOICE_TASK_ID = 'voice-activity/1';

export const RATE_HZ = 16_000;
export const FRAME_SAMPLES = 512;
/** Of a clip: 6.1 seconds. */
export const CLIP_FRAMES = 192;
const CLIP_SAMPLES = CLIP_FRAMES * FRAME_SAMPLES;

export type VoiceClip = {
  /** 16-bit integers, little endian, 16 kHz. */
  readonly pcm: Uint8Array;
  /** By frame: speech for more than half of it. */
  readonly isSpeech: readonly boolean[];
};

type Random = () => number;

/** Power of the speech over that of the noise, decibels: 20 in the quietest surroundings, -10 at difficulty 1. */
export const snrDbOf = (difficulty: number): number => 20 - 30 * difficulty;

/**
 * Clip `index` of a set: pauses and utterances in turn, in steady noise. Who speaks, what and when does not depend on
 * the difficulty. Byte-identical on every call.
 *
 * @param difficulty  0..1
 */
export function generateVoiceClip(range: SampleRange, seed: number, index: number, difficulty: number): VoiceClip {
  const key = keyOf(VOICE_TASK_ID, range, seed, index);
  const { sound, isVoiced } = speak(seedrandom.alea(`${key}:voice`));
  const noise = makeNoise(seedrandom.alea(`${key}:noise`));
  const speechPower = meanSquare(sound.filter((_, at) => isVoiced[at] === 1));
  const gain = Math.sqrt(speechPower / meanSquare(noise) / exp((snrDbOf(difficulty) * Math.LN10) / 10));
  const mixed = sound.map((value, at) => value + gain * noise[at]!);
  const loudest = mixed.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const pcm = new DataView(new ArrayBuffer(2 * CLIP_SAMPLES));
  for (let at = 0; at < CLIP_SAMPLES; at++) pcm.setInt16(2 * at, Math.round((LOUDEST * mixed[at]!) / loudest), true);
  const isSpeech = Array.from({ length: CLIP_FRAMES }, (_, frame) => {
    const voicedCount = isVoiced
      .subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)
      .reduce((sum, one) => sum + one, 0);
    return 2 * voicedCount > FRAME_SAMPLES;
  });
  return { pcm: new Uint8Array(pcm.buffer), isSpeech };
}

const LOUDEST = 24_000;

const meanSquare = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;

const centred = (random: Random): number => random() + random() + random() - 1.5;

/** White noise, partly dulled by a leaking sum, as of wind or a road. */
function makeNoise(random: Random): Float64Array {
  const dullness = random();
  let leaking = 0;
  return Float64Array.from({ length: CLIP_SAMPLES }, () => {
    const white = centred(random);
    leaking = 0.95 * leaking + 0.3 * white;
    return (1 - dullness) * white + dullness * leaking;
  });
}

/** First four resonances of the mouth, Hz, for a grown man; others are shorter. Peterson and Barney 1952, rounded. */
const vowels: readonly (readonly [number, number, number, number])[] = [
  [730, 1_090, 2_440, 3_400],
  [530, 1_840, 2_480, 3_500],
  [270, 2_290, 3_010, 3_700],
  [570, 840, 2_410, 3_300],
  [300, 870, 2_240, 3_300],
  [660, 1_720, 2_410, 3_400],
  [490, 1_350, 1_690, 3_300],
];
const bandwidthsHz = [80, 100, 140, 220] as const;
/** Samples between two settings of the resonators: 4 ms. */
const SETTING_SAMPLES = 64;

/** Whole samples of a length drawn between two numbers of seconds. */
const lengthOf = (random: Random, shortestS: number, longestS: number): number =>
  Math.round(RATE_HZ * (shortestS + (longestS - shortestS) * random()));

/** @returns the voice alone, and by sample 1 within an utterance */
function speak(random: Random): { readonly sound: Float64Array; readonly isVoiced: Uint8Array } {
  const sound = new Float64Array(CLIP_SAMPLES);
  const isVoiced = new Uint8Array(CLIP_SAMPLES);
  const speaker = { pitchHz: 90 + 140 * random(), mouth: 1 + 0.2 * random() };
  let at = lengthOf(random, 0.2, 0.8);
  while (at < CLIP_SAMPLES) {
    const end = Math.min(CLIP_SAMPLES, at + lengthOf(random, 0.6, 1.6));
    utter(sound, at, end, speaker, random);
    isVoiced.fill(1, at, end);
    at = end + lengthOf(random, 0.3, 0.9);
  }
  return { sound, isVoiced };
}

type Speaker = { readonly pitchHz: number; readonly mouth: number };

/** Syllables one after the other: often a hiss, then a vowel that the mouth glides into. */
function utter(sound: Float64Array, first: number, end: number, { pitchHz, mouth }: Speaker, random: Random): void {
  const resonators = bandwidthsHz.map(() => createResonator());
  const hiss = createResonator();
  let formants = drawVowel(random);
  let at = first;
  while (at < end) {
    const hissEnd = random() < 0.6 ? Math.min(end, at + lengthOf(random, 0.04, 0.11)) : at;
    hiss.set(2_500 + 3_000 * random(), 900);
    const hissLength = hissEnd - at;
    for (let start = at; at < hissEnd; at++)
      sound[at] = 0.12 * swell((at - start) / hissLength) * hiss.pass(centred(random));
    const vowelEnd = Math.min(end, at + lengthOf(random, 0.11, 0.26));
    const [from, to] = [formants, drawVowel(random)];
    formants = to;
    const loudness = 0.6 + 0.4 * random();
    const bend = 0.3 * (random() - 0.5);
    let phase = 0;
    let before = 0;
    for (let start = at; at < vowelEnd; at++) {
      const share = (at - start) / (vowelEnd - start);
      if ((at - start) % SETTING_SAMPLES === 0) {
        const glide = Math.min(1, 3 * share);
        for (const [i, resonator] of resonators.entries())
          resonator.set(mouth * (from[i]! + (to[i]! - from[i]!) * glide), bandwidthsHz[i]!);
      }
      // The voice sinks over the utterance, bends within a syllable and trembles a little.
      const sinking = 1.1 - (0.25 * (at - first)) / (end - first);
      phase += (pitchHz * sinking * (1 + bend * share) * (1 + 0.02 * centred(random))) / RATE_HZ;
      if (phase >= 1) phase -= 1;
      const flow = glottalFlow(phase) + 0.01 * centred(random);
      const source = flow - before;
      before = flow;
      const shaped = resonators.reduce((value, resonator) => resonator.pass(value), source);
      sound[at] = loudness * swell(share) * shaped;
    }
  }
}

const drawVowel = (random: Random) => vowels[Math.floor(random() * vowels.length)]!;

/** Air through the vocal folds over one period: they open, snap shut, and stay closed. Rosenberg 1971, pulse B. */
function glottalFlow(phase: number): number {
  if (phase < 0.4) {
    const t = phase / 0.4;
    return t * t * (3 - 2 * t);
  }
  const t = (phase - 0.4) / 0.16;
  return t < 1 ? 1 - t * t : 0;
}

/** Loudness over a sound: rises in its first fifth, falls in its last two. */
const swell = (share: number): number => Math.min(1, 5 * share, 2.5 * (1 - share));

/** Second-order resonator with gain 1 at 0 Hz (Klatt 1980, equation 2). */
function createResonator(): { set(centreHz: number, widthHz: number): void; pass(value: number): number } {
  let [a, b, c, before, beforeThat] = [1, 0, 0, 0, 0];
  return {
    set(centreHz, widthHz) {
      const radius = exp((-Math.PI * widthHz) / RATE_HZ);
      c = -radius * radius;
      b = 2 * radius * cosine((2 * Math.PI * centreHz) / RATE_HZ);
      a = 1 - b - c;
    },
    pass(value) {
      const out = a * value + b * before + c * beforeThat;
      [beforeThat, before] = [before, out];
      return out;
    },
  };
}

/** Taylor series in Horner's form: for 0 to pi the first term left out is below 1e-16. */
function cosine(angle: number): number {
  const square = angle * angle;
  let sum = 1;
  for (let k = 26; k >= 2; k -= 2) sum = 1 - (sum * square) / (k * (k - 1));
  return sum;
}
