/** `powr schema`: the JSON Schema of scenario files, for editors and for programs that write scenarios. */
import { scenarioJsonSchema } from '../../scenarios/schema.ts';
import { replaceFile } from '../store/writeFile.ts';
import { EXIT } from './exitCodes.ts';

/** Name of the schema where it lies beside scenarios. */
export const SCHEMA_FILE = 'scenario.v1.json';

/** The text of {@link SCHEMA_FILE}. */
export function schemaText(): string {
  return `${JSON.stringify(scenarioJsonSchema(), null, 1)}\n`;
}

export async function schemaCommand(options: { readonly out?: string; readonly json?: boolean }): Promise<number> {
  if (options.out === undefined) {
    process.stdout.write(schemaText());
    return EXIT.ok;
  }
  await replaceFile(options.out, schemaText());
  process.stdout.write(options.json === true ? `${JSON.stringify({ file: options.out })}\n` : `${options.out}\n`);
  return EXIT.ok;
}
