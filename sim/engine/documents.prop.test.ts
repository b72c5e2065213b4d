import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOCUMENT_FIELDS, decodeDocument, encodeDocument } from './documents.ts';

const content = fc.record({
  fieldCount: fc.integer({ min: 0, max: DOCUMENT_FIELDS }),
  flagged: fc.boolean(),
  salt: fc.integer({ min: 0, max: 2 ** 46 - 1 }),
});

describe('encodeDocument', () => {
  it('given any content > the identifier tells it again, and fits the ledger', () => {
    fc.assert(
      fc.property(content, ({ fieldCount, flagged, salt }) => {
        const id = encodeDocument(fieldCount, flagged, salt);
        expect(decodeDocument(id)).toEqual({ fieldCount, flagged });
        expect(id).toBeGreaterThan(0);
        expect(Number.isSafeInteger(id)).toBe(true);
      }),
    );
  });

  it('given two contents or two salts > gives two identifiers', () => {
    fc.assert(
      fc.property(content, content, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(encodeDocument(a.fieldCount, a.flagged, a.salt)).not.toBe(
          encodeDocument(b.fieldCount, b.flagged, b.salt),
        );
      }),
    );
  });
});
