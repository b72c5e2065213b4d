/**
 * Metadata documents (MODEL-3, NODE-5). Their content is small enough to be its own address: how many of the ten required
 * fields are present and well-formed, whether something critical is in it (malicious content, copyright), and a salt.
 */

/** Fields that F-19 requires of a document: description, usage, price and the like. */
export const DOCUMENT_FIELDS = 10;

/** @returns the document's identifier, an integer in [1, 2^53) for a salt < 2^46 */
export function encodeDocument(fieldCount: number, flagged: boolean, salt: number): number {
  return salt * 64 + fieldCount * 4 + (flagged ? 2 : 0) + 1;
}

export function decodeDocument(documentId: number): { readonly fieldCount: number; readonly flagged: boolean } {
  const content = documentId % 64;
  return { fieldCount: Math.floor(content / 4), flagged: Math.floor(content / 2) % 2 === 1 };
}
