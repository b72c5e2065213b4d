import { UsageError } from './exitCodes.ts';
export async function writeReport(_directory: string, _path: string, _isStatic: boolean): Promise<string> {
  throw new UsageError('The report room is not there yet');
}
export async function reportCommand(_directory: string, _options: object): Promise<number> {
  throw new UsageError('The report room is not there yet');
}
