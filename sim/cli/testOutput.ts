/** What a command prints, for tests: standard output is taken while it runs. */

/** @returns the exit code and the text on stdout; stderr is not touched */
export async function outputOf(command: () => Promise<number> | number): Promise<{ code: number; stdout: string }> {
  const { write } = process.stdout;
  let stdout = '';
  process.stdout.write = ((text: string | Uint8Array) => {
    stdout += String(text);
    return true;
  }) as typeof process.stdout.write;
  try {
    return { code: await command(), stdout };
  } finally {
    process.stdout.write = write;
  }
}
