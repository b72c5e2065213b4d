import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DetectionResult, DetectionSchemaError, parseDetection, VERDICTS } from './detectionResult.ts';

const percent = fc.integer({ min: 0, max: 100 });
const region = fc.record({
  x: fc.nat(4_000),
  y: fc.nat(4_000),
  width: fc.integer({ min: 1, max: 4_000 }),
  height: fc.integer({ min: 1, max: 4_000 }),
});
const detection = fc.record(
  {
    type: fc.string({ minLength: 1 }),
    confidence: fc.oneof(percent, fc.double({ min: 0, max: 100, noNaN: true }).map(Math.abs)),
    region,
    metadata: fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
      fc.oneof(fc.string(), fc.nat(), fc.boolean(), fc.constant(null)),
    ),
  },
  { requiredKeys: ['type', 'confidence'], noNullPrototype: true },
);
const result = fc.oneof(
  fc.record({ verdict: fc.constant('Authentic' as const), confidence: percent, detections: fc.array(detection) }),
  fc.record({
    verdict: fc.constantFrom('Manipulated' as const, 'Inconclusive' as const),
    confidence: percent,
    detections: fc.array(detection, { minLength: 1 }),
  }),
);

/** Where the schema says that it is wrong; undefined for a result within it. */
function placesOf(value: unknown): readonly string[] | undefined {
  try {
    parseDetection(JSON.stringify(value));
  } catch (error) {
    if (error instanceof DetectionSchemaError) return error.places;
    throw error;
  }
  return undefined;
}

type Loose = { [field: string]: unknown } & { detections: { [field: string]: unknown }[] };

/** Each damages a result with at least one detection, and says where. */
const damages: readonly (readonly [string, (loose: Loose) => void])[] = [
  ['verdict', (r) => void (r.verdict = 'authentic')],
  ['verdict', (r) => void delete r.verdict],
  ['confidence', (r) => void (r.confidence = 50.5)],
  ['confidence', (r) => void (r.confidence = 101)],
  ['confidence', (r) => void (r.confidence = -1)],
  ['confidence', (r) => void (r.confidence = '50')],
  ['confidence', (r) => void delete r.confidence],
  ['detections', (r) => void (r.detections = 'none' as never)],
  ['detections', (r) => void delete (r as Partial<Loose>).detections],
  ['detections', (r) => Object.assign(r, { verdict: 'Manipulated', detections: [] })],
  ['detections', (r) => Object.assign(r, { verdict: 'Inconclusive', detections: [] })],
  ['', (r) => void (r.note = 'more')],
  ['detections[0]', (r) => void (r.detections[0] = 7 as never)],
  ['detections[0]', (r) => void (r.detections[0]!.place = 3)],
  ['detections[0].type', (r) => void (r.detections[0]!.type = '')],
  ['detections[0].type', (r) => void delete r.detections[0]!.type],
  ['detections[0].confidence', (r) => void (r.detections[0]!.confidence = 100.5)],
  ['detections[0].confidence', (r) => void (r.detections[0]!.confidence = null)],
  ['detections[0].region', (r) => void (r.detections[0]!.region = 'left')],
  ['detections[0].region.x', (r) => void (r.detections[0]!.region = { x: -1, y: 0, width: 1, height: 1 })],
  ['detections[0].region.y', (r) => void (r.detections[0]!.region = { x: 0, y: 0.5, width: 1, height: 1 })],
  ['detections[0].region.width', (r) => void (r.detections[0]!.region = { x: 0, y: 0, width: 0, height: 1 })],
  ['detections[0].region.height', (r) => void (r.detections[0]!.region = { x: 0, y: 0, width: 1 })],
  ['detections[0].metadata', (r) => void (r.detections[0]!.metadata = ['a'])],
];

describe('parseDetection', () => {
  it('given a result within the schema > gives it back', () => {
    fc.assert(
      fc.property(result, (value) => {
        expect(parseDetection(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 7 },
    );
  });

  it('given a result with one thing wrong > refuses it, and says where', () => {
    const withDetection = result.filter(({ detections }) => detections.length > 0);
    fc.assert(
      fc.property(withDetection, fc.constantFrom(...damages), (value, [place, damage]) => {
        const loose = structuredClone(value) as unknown as Loose;
        damage(loose);
        expect(placesOf(loose)).toEqual([place]);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it.each(damages.map(([place, damage], i) => [i, place, damage] as const))(
    'given damage %i, at "%s" > refuses it',
    (_, place, damage) => {
      const loose = { verdict: 'Manipulated', confidence: 90, detections: [{ type: 'a', confidence: 9 }] };
      expect(placesOf(loose)).toBeUndefined();
      damage(loose as never);
      expect(placesOf(loose)).toEqual([place]);
    },
  );

  it('given several things wrong > names them all', () => {
    const wrong = { verdict: 'Maybe', confidence: 200, detections: [{ type: 'a', confidence: 'b' }] };
    expect(placesOf(wrong)).toEqual(['verdict', 'confidence', 'detections[0].confidence']);
    expect(() => parseDetection(JSON.stringify(wrong))).toThrow(/detections\[0\]\.confidence: .*expected number/);
  });

  it.each(['', '{', 'Authentic', '[]', 'null', '3'])('given %j > refuses the whole', (text) => {
    expect(() => parseDetection(text)).toThrow(DetectionSchemaError);
  });

  it('given an authentic document > may find nothing; given any other verdict, not', () => {
    const empty = (verdict: DetectionResult['verdict']) => placesOf({ verdict, confidence: 50, detections: [] });
    expect(VERDICTS.map(empty)).toEqual([undefined, ['detections'], ['detections']]);
  });
});
