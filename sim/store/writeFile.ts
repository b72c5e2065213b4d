/**
 * Bytes to disk so that a full disk is an error and a finished file is whole: a file appears under its name only after
 * all of it has reached the disk. Knows nothing of runs.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from './storeError.ts';

const fullDisk = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** A system's error as one of ours: its code says whether the disk is full. Errors of ours pass through. */
export function storeErrorOf(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && fullDisk.includes(code)) return diskFull(path, error);
  return new StoreError('WRITE_FAILED', `Cannot write ${path}: ${message}`, {
    fix: 'make the directory writable, or name another with --out',
    cause: error,
  });
}

function diskFull(path: string, cause?: unknown): StoreError {
  return new StoreError('DISK_FULL', `Cannot write ${path}: the disk is full`, {
    fix: 'free space, or name a directory on another disk with --out',
    cause,
  });
}

/**
 * Writes all of `bytes` at the end of an open file.
 *
 * @throws StoreError DISK_FULL if the system took less than it was given: on a full disk the first write is cut short
 * without an error, and only the next one would say so. WRITE_FAILED for every other error of the system
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  let written: number;
  try {
    written = (await file.write(bytes, 0, bytes.length)).bytesWritten;
  } catch (error) {
    throw storeErrorOf(error, path);
  }
  if (written < bytes.length) throw diskFull(path);
}

/**
 * Replaces a file at once: readers see the old content or the new one, also after a crash.
 *
 * @throws StoreError DISK_FULL or WRITE_FAILED; the old content is then still there
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.tmp`;
  try {
    const file = await open(partial, 'w');
    try {
      await writeAll(file, typeof content === 'string' ? new TextEncoder().encode(content) : content, path);
    } finally {
      await file.close();
    }
    await publishFile(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw storeErrorOf(error, path);
  }
}

/** Gives a file that is complete its final name: contents to the disk first, then the name, then the directory. */
export async function publishFile(partial: string, path: string): Promise<void> {
  await syncPath(partial);
  await rename(partial, path);
  await syncPath(dirname(path));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
