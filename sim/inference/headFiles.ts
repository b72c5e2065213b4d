/** Where the trained heads lie, and what makes sure that a head is the one that is meant. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertSha256 } from './models.ts';

/** Folder of the head files, relative to the root. */
export const HEAD_DIR = 'fixtures/models/heads';
export const RECIPE_PATH = `${HEAD_DIR}/heads.json`;
export const RECIPE_FORMAT = 'powr-heads/1';

/**
 * @param root  folder that holds fixtures
 * @throws Error naming both hashes when the file is another one
 */
export function readHeadFile(root: string, file: string, sha256: string): Uint8Array {
  const bytes = readFileSync(join(root, HEAD_DIR, file));
  assertSha256(bytes, sha256, `${HEAD_DIR}/${file}`);
  return bytes;
}
