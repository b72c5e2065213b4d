/**
 * The form in which a detection model gives its verdict, whatever it looked at. Decides what is well formed; what is true
 * is decided by whoever knows the truth, and what bad form costs by the protocol.
 *
 * @rule DFPN-12, DFPN-13
 */
import { z } from 'zod';

export const VERDICTS = ['Authentic', 'Manipulated', 'Inconclusive'] as const;

const percent = z.number().min(0).max(100);
const pixels = z.number().int().min(0);

/** Pixels from the upper left corner. */
const region = z.strictObject({
  x: pixels,
  y: pixels,
  width: pixels.min(1),
  height: pixels.min(1),
});

const detection = z.strictObject({
  /** What was found, such as character-substituted. */
  type: z.string().min(1),
  confidence: percent,
  region: region.optional(),
  metadata: z.record(z.string(), z.json()).optional(),
});

const schema = z
  .strictObject({
    verdict: z.enum(VERDICTS),
    /** Of the verdict: a whole number. */
    confidence: percent.int(),
    detections: z.array(detection),
  })
  .superRefine(({ verdict, detections }, context) => {
    if (verdict !== 'Authentic' && detections.length === 0)
      context.addIssue({
        code: 'custom',
        path: ['detections'],
        message: `${verdict} needs at least one detection: the list may be empty for Authentic alone`,
      });
  });

export type DetectionResult = z.infer<typeof schema>;
export type Detection = z.infer<typeof detection>;

/** A result that is no JSON, or outside the schema. */
export class DetectionSchemaError extends Error {
  override readonly name = 'DetectionSchemaError';

  /** Of what is wrong, such as `detections[0].confidence`; '' for the whole. */
  readonly places: readonly string[];

  constructor(message: string, places: readonly string[]) {
    super(message);
    this.places = places;
  }
}

/**
 * @param json  as a worker sent it
 * @throws DetectionSchemaError with the place of everything that is wrong
 * @rule DFPN-12
 * @example parseDetection('{"verdict":"Authentic","confidence":97,"detections":[]}').confidence // 97
 */
export function parseDetection(json: string): DetectionResult {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new DetectionSchemaError(`A detection result must be JSON: ${(error as Error).message}`, ['']);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ place: placeOf(path), message }));
  const lines = issues.map(({ place, message }) => `${place === '' ? 'the result' : place}: ${message}`);
  throw new DetectionSchemaError(
    `The detection result is outside the schema: ${lines.join('; ')}`,
    issues.map(({ place }) => place),
  );
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`)).join('');
