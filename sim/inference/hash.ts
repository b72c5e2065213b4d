/** SHA-256 as the inference room writes it: lower-case hexadecimal over bytes or UTF-8 text. */
import { createHash } from 'node:crypto';

export const sha256Hex = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
