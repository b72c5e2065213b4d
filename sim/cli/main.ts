/** The `powr` command: parses the command line and hands over to one file per command, loaded only when it is used. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT, exitCodeOf, messageOf } from './exitCodes.ts';

const builtDir = process.env.POWR_BUILD ?? '';

function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum)
      throw new InvalidArgumentError(`Expected a whole number from ${minimum} to 2^53 - 1.`);
    return value;
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

const program = new Command('powr')
  .description('PoWR Lab: simulates incentive protocols of decentralised AI, exactly and on a real chain.')
  .version('0.1.0')
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  powr run scenarios/quickstart.yaml
  powr run scenarios/baseline.yaml --ledger core --inference replay --threads 2 --json
  powr validate my-scenario.yaml
  powr report runs/quickstart`,
  );

program
  .command('run')
  .description('Run a scenario.')
  .argument('<scenario>', 'scenario file (YAML or JSON)')
  .option('--seed <n>', 'seed of the run', wholeNumber(0))
  .option('--eras <n>', 'number of eras', wholeNumber(1))
  .addOption(new Option('--ledger <kind>', 'where the rules run').choices(['core', 'chain', 'lockstep']))
  .option('--threads <n>', 'agent threads', wholeNumber(1))
  .addOption(new Option('--device <device>', 'device of the inferences').choices(['auto', 'cpu']))
  .addOption(
    new Option('--inference <mode>', 'execute inferences, or replay stored ones').choices(['measure', 'replay']),
  )
  .option('--set <path=value>', 'override a value of the scenario; may be repeated', collect, [])
  .option('--out <dir>', 'directory of the run; default runs/<name>-<hash>-s<seed>')
  .option('--resume', 'go on with a killed run of the same scenario, seed and build')
  .option('--no-report', 'write no report.html')
  .option('--json', 'print manifest and summary as JSON')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Exit codes: 0 ok, 1 a bug (invariant or lockstep difference), 2 bad usage or scenario, 3 an expectation does not hold,
6 infrastructure (chain, port, disk, device), 130 or 143 ended by a signal.

Examples:
  powr run scenarios/quickstart.yaml --seed 7
  powr run scenarios/baseline.yaml --ledger lockstep --inference replay
  powr run scenarios/quickstart.yaml --set params.val.group_size=7 --eras 10`,
  )
  .action(async (scenario: string, options: object) => {
    const { runCommand } = await import('./runCommand.ts');
    process.exitCode = await runCommand(scenario, options as Parameters<typeof runCommand>[1], builtDir);
  });

program
  .command('report')
  .description('Write the HTML report of a run.')
  .argument('<run>', 'directory of a run')
  .option('--out <file>', 'file to write; default report.html in the directory')
  .option('--static', 'pictures only, no script')
  .action(async (run: string, options: { out?: string; static?: boolean }) => {
    const { reportCommand } = await import('./reportCommand.ts');
    process.exitCode = await reportCommand(run, options);
  });

program
  .command('validate')
  .description('Check a scenario file and say everything that is wrong with it.')
  .argument('<scenario>', 'scenario file')
  .option('--set <path=value>', 'override a value of the scenario; may be repeated', collect, [])
  .option('--json', 'print the problems as JSON')
  .option('--resolved', 'print the scenario with everything filled in')
  .action(async (scenario: string, options: { set: readonly string[]; json?: boolean; resolved?: boolean }) => {
    const { validateCommand } = await import('./validateCommand.ts');
    process.exitCode = await validateCommand(scenario, options);
  });

program
  .command('doctor')
  .description('Say what works on this machine: chain, devices, models, and why something does not.')
  .option('--json', 'print as JSON')
  .action(async (options: { json?: boolean }) => {
    const { doctorCommand } = await import('./doctorCommand.ts');
    process.exitCode = await doctorCommand(options, builtDir);
  });

const bench = program.command('bench').description('The regression gate.');
bench
  .command('compare')
  .description('Run the gated scenarios and compare their deterministic counters with bench/baseline.json.')
  .requiredOption('--exact', 'compare counters: any difference fails')
  .option('--scenario <name>', 'only this scenario; may be repeated', collect, [])
  .option('--json', 'print as JSON')
  .action(async (options: { scenario: readonly string[]; json?: boolean }) => {
    const { compareCommand } = await import('./benchCommand.ts');
    process.exitCode = await compareCommand(options, builtDir);
  });
bench
  .command('accept')
  .description('Take the present counters as the new baseline.')
  .requiredOption('-m, --message <why>', 'why they changed')
  .action(async (options: { message: string }) => {
    const { acceptCommand } = await import('./benchCommand.ts');
    process.exitCode = await acceptCommand(options.message, builtDir);
  });

const contracts = program.command('contracts').description('The compiled contracts in contracts/artifacts.');
contracts
  .command('build')
  .description('Compile the contracts and write their artefacts.')
  .action(async () => {
    const { buildContracts } = await import('./contractsCommand.ts');
    process.exitCode = buildContracts();
  });
contracts
  .command('check')
  .description('Say which artefacts were made from other sources than the present ones.')
  .action(async () => {
    const { checkContracts } = await import('./contractsCommand.ts');
    process.exitCode = checkContracts();
  });

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
