/** The result of a run as text for a terminal. Pure: the same run gives the same text, but for its wall time. */
import { createColors } from 'picocolors';
import type { SessionResult } from './session.ts';

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function count(value: number): string {
  return NUMBER.format(value);
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((a, b) => a + b, 0);
}

function tokens(value: number): string {
  return Math.abs(value) >= 100 ? NUMBER.format(value) : value.toFixed(3);
}

/** Rows of a table with the first column left-aligned and the others right-aligned. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? [];
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`.trimEnd(),
  );
}

/** What providers were asked and what came of it, and on a chain what a certificate costs; nothing in a run without them. */
function challengeLines({ manifest, summary }: SessionResult): string[] {
  const decided = summary['challenges.total'] ?? 0;
  if (decided === 0) return [];
  const percent = (name: string): string => `${(100 * (summary[name] ?? 0)).toFixed(2)} %`;
  const certificates = summary['certificates.total'] ?? 0;
  const gas = manifest.chain?.gasByAction.certifyResults ?? 0;
  const cost =
    gas === 0 || certificates === 0
      ? ''
      : `, verified on chain at ${count(gas / certificates)} gas each, ${count(gas / decided)} per target`;
  return [
    `challenges: ${count(decided)} decided, ${percent('challenges.failed_share')} failed, ${percent('challenges.inconclusive_share')} inconclusive · ${count(certificates)} certificates${cost}`,
    `tiers: ${count(summary['tiers.promoted'] ?? 0)} promotions, ${count(summary['tiers.demoted'] ?? 0)} demotions of providers · liveness ${tokens(summary['liveness.total'] ?? 0)}, forfeits ${tokens(summary['forfeits.total'] ?? 0)}, slashed ${tokens(summary['slashed.providers'] ?? 0)} tokens`,
  ];
}

/** What happened on the compute market; nothing in a run without one. */
function marketLines({ summary }: SessionResult): string[] {
  const value = (name: string): number => summary[`market.${name}`] ?? 0;
  if (summary['market.orders'] === undefined) return [];
  const percent = (name: string): string => `${(100 * value(name)).toFixed(2)} %`;
  // Prices are means over the eras that had any.
  const price = (name: string): string => (value(name) === 0 ? 'none' : tokens(value(name)));
  return [
    `market: ${count(value('orders'))} orders, ${percent('matched_share')} matched, ${percent('expired_share')} expired, ${value('bids_per_order').toFixed(2)} bids each · ${count(value('leases'))} leases, ${count(value('self_leases'))} of them of providers with themselves, ${count(value('open_leases'))} open at the end, ${count(value('breaches'))} breaches`,
    `time: ${count(value('charged_h'))} hours charged, ${percent('undeployed_share')} before the deployment, ${percent('overcharge_share')} without a service · orders matched after ${count(value('wait_matched_s'))} s, expired after ${count(value('wait_lost_s'))} s`,
    `leases: gross ${tokens(value('gross'))}, commission ${tokens(value('commission'))}, fees ${tokens(value('fees'))} tokens, ${percent('foreign_share')} in foreign assets · price ${price('cpu_hour_price')} per CPU-hour, ${price('gpu_hour_price')} per GPU lease-hour · in use ${percent('cpu_utilisation')} of CPUs, ${percent('gpu_utilisation')} of GPUs`,
  ];
}

export function renderSummary(result: SessionResult, report: string | null, color: boolean): string {
  const { manifest: m, summary, verdicts, directory } = result;
  const c = createColors(color);
  const lines: string[] = [];
  const accepted = sum(m.actions.accepted);
  const rejected = sum(m.actions.rejected);
  lines.push(c.bold(`${m.name} · seed ${m.seed} · ${m.erasDone} eras · ledger ${m.ledger}`));
  if (m.lockstep !== null) {
    const text = `lockstep: ${m.lockstep.differenceCount} differences in ${m.lockstep.comparedEraCount} eras, ${count(m.lockstep.comparedWordCount)} storage words compared`;
    lines.push(m.lockstep.differenceCount === 0 ? c.green(text) : c.red(text));
  }
  lines.push(
    `invariants: ${m.invariants.ids.length} checked at each era's end, ${m.invariants.violatedCount} violated`,
  );
  lines.push(
    `actions: ${count(accepted)} accepted of ${Object.keys(m.actions.accepted).length} kinds, ${count(rejected)} rejected for ${Object.keys(m.actions.reasons).length} reasons`,
  );
  const ignored = Object.entries(m.messages.ignored);
  if (ignored.length > 0)
    lines.push(
      c.yellow(
        `messages: ${count(sum(m.messages.ignored))} answers to challenges, findings of Slarks, swaps of files and orders of inferences were ignored: ${ignored.map(([reason, times]) => `${reason} ${count(times)}`).join(', ')}`,
      ),
    );
  lines.push(
    `inferences: ${count(m.inference.executedCount)} executed, ${count(m.inference.replayedCount)} replayed · ${m.inference.device} · ${m.inference.runtime}`,
  );
  if (m.chain !== null) {
    lines.push(
      `chain: ${m.chain.anvil} · ${count(m.chain.blockCount)} blocks, ${count(m.chain.transactionCount)} transactions (${count(m.chain.signedTransactionCount)} signed by agents), ${count(m.chain.gasUsed)} gas · ${count(m.chain.actionsPerWallS)} actions/s, ${count(m.chain.gasPerWallS)} gas/s end to end`,
    );
  }
  if (m.demand !== null) {
    lines.push(
      `demand as issued: ${count(m.demand.requestCount)} requests, medians ${m.demand.medianInputTokens}/${m.demand.medianOutputTokens} tokens, inter-arrival CV ${m.demand.interArrivalCv?.toFixed(3)}, 10-s index of dispersion ${m.demand.dispersionIndex10s?.toFixed(2)}`,
    );
  }
  lines.push('');
  const groups = Object.keys(summary).flatMap((name) =>
    /^income\.(creator|miner|validator|consumer|delegator|slark|fizz|matchmaker)\.(.+)$/.test(name)
      ? [name.slice('income.'.length)]
      : [],
  );
  if (groups.length > 0) {
    const cell = (name: string, render: (value: number) => string): string =>
      summary[name] === undefined ? '–' : render(summary[name]!);
    const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
    lines.push(
      ...table([
        ['per agent, whole run', 'income', 'profit', 'penalties', 'standing', 'accepted'],
        ...groups.map((group) => [
          group.replace('.', ' '),
          cell(`income.${group}`, tokens),
          cell(`profit.${group}`, tokens),
          cell(`penalty.${group}`, tokens),
          cell(`standing.${group}`, share),
          cell(`accepted.${group}`, share),
        ]),
      ]),
    );
    lines.push(
      c.dim(
        '  amounts in tokens; standing: mean trust weight, reputation or market rank at the end; accepted: outputs or votes',
      ),
    );
    lines.push('');
  }
  lines.push(
    `requests: ${count(summary['requests.total'] ?? 0)}, ${(100 * (summary['requests.served_share'] ?? 0)).toFixed(2)} % served · wrong validation outcomes: ${(100 * (summary['tasks.wrong_share'] ?? 0)).toFixed(2)} % · wealth Gini ${(summary['gini.wealth'] ?? 0).toFixed(3)}`,
  );
  lines.push(...challengeLines(result));
  lines.push(...marketLines(result));
  for (const verdict of verdicts) {
    const measured = verdict.measured === null ? verdict.problem : `measured ${verdict.measured.toPrecision(6)}`;
    lines.push(`${verdict.holds ? c.green('holds') : c.red('FAILS')} ${verdict.text} (${measured})`);
  }
  lines.push(`digest ${m.digest}`);
  lines.push(`${(m.wallMs / 1_000).toFixed(1)} s on ${m.host.cpu}, ${m.host.cores} cores, ${m.threads} agent threads`);
  if (directory !== null) lines.push(`run directory ${directory}${report === null ? '' : `, report ${report}`}`);
  return `${lines.join('\n')}\n`;
}
