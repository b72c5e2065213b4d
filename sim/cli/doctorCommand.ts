/** `powr doctor`: tries what a run needs on this machine, and says of each thing whether it works and why not. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { findFoundryBinary } from '../../contracts/foundryBinary.mjs';
import { findAnvil, startAnvil } from '../chain/anvil.ts';
import { checkArtifacts } from '../chain/artifacts.ts';
import { GENESIS_S } from '../chain/protocolChain.ts';
import { probeDevices } from '../inference/devices.ts';
import { PROFILE_PATH } from '../inference/openInference.ts';
import { readProfile } from '../inference/profile.ts';
import { repoRoot } from '../store/paths.ts';
import { EXIT, messageOf } from './exitCodes.ts';
import { wantsColor } from './loadFile.ts';

type Check = {
  readonly name: string;
  readonly works: boolean /** A run needs it. */;
  readonly needed: boolean;
  readonly detail: string;
};

async function tryCheck(name: string, needed: boolean, probe: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, needed, works: true, detail: await probe() };
  } catch (error) {
    return { name, needed, works: false, detail: messageOf(error) };
  }
}

export async function doctorCommand(options: { readonly json?: boolean }, builtDir: string): Promise<number> {
  const root = repoRoot();
  const checks: Check[] = [];
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  checks.push({
    name: 'node',
    needed: true,
    works: major > 20 || (major === 20 && minor >= 19),
    detail: `${process.version}; 20.19 or newer is needed`,
  });
  checks.push({
    name: 'machine',
    needed: true,
    works: true,
    detail: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
  });
  checks.push(
    await tryCheck('chain', true, async () => {
      const binary = findAnvil();
      const anvil = await startAnvil({ genesisTimeS: GENESIS_S, builtDir });
      await anvil.stop();
      return `anvil ${anvil.version} (${anvil.from}) started on loopback and stopped: ${binary.path}`.replace(
        root,
        '.',
      );
    }),
  );
  checks.push(
    await tryCheck('contracts', true, () => {
      const problems = checkArtifacts(root);
      if (problems.length > 0)
        throw new Error(
          `${problems.map(({ name, problem }) => `${name} ${problem}`).join(', ')}; run \`powr contracts build\``,
        );
      return 'artefacts belong to the present sources';
    }),
  );
  checks.push(
    await tryCheck('forge', false, () => {
      const search = findFoundryBinary('forge', root, process.env);
      if (!search.found) throw new Error(`not found (${search.tried.join('; ')}); only the contract tests need it`);
      return execFileSync(search.path, ['--version'], { encoding: 'utf8' }).split('\n')[0]!;
    }),
  );
  for (const device of await probeDevices({ builtDir, root })) {
    checks.push({
      name: `device ${device.id}`,
      needed: device.id === 'cpu',
      works: device.works,
      detail: device.works ? `${device.name}: ${device.detail}` : `${device.detail}\n${device.fix}`,
    });
  }
  checks.push(
    await tryCheck('profile', true, () => {
      const profile = readProfile(join(root, PROFILE_PATH)) as unknown as {
        readonly variants?: Readonly<Record<string, unknown>>;
      };
      return `${PROFILE_PATH} for \`--inference replay\`${profile.variants === undefined ? '' : `, ${Object.keys(profile.variants).length} variants`}`;
    }),
  );
  if (options.json === true) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
  else {
    const c = createColors(wantsColor(process.stdout));
    const width = Math.max(...checks.map(({ name }) => name.length));
    for (const check of checks) {
      const mark = check.works ? c.green('works') : check.needed ? c.red('FAILS') : c.yellow('   no');
      process.stdout.write(
        `${mark}  ${check.name.padEnd(width)}  ${check.detail.replaceAll('\n', `\n${' '.repeat(width + 9)}`)}\n`,
      );
    }
  }
  return checks.every(({ works, needed }) => works || !needed) ? EXIT.ok : EXIT.infrastructure;
}
