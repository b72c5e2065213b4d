/** Audits of a made-up run: honest miners, five ways to serve less, a copied sketch now and then. No chance. */
import type { AgentRow, AuditRow } from '../sim/engine/trace.ts';

type Noise = (...keys: readonly number[]) => number;

const BANDS = { acceptPpb: 50_000, rejectPpb: 300_000 } as const;
/** What cheaters run in the place of `en`, how far it is from it, and how often it reads the same text. */
const SUBSTITUTES = [
  { served: 'en-fp16', distancePpb: 1_500_000, sameShare: 0.95, qualityBps: 9_400 },
  { served: 'en-m4', distancePpb: 30_000_000, sameShare: 0.75, qualityBps: 9_200 },
  { served: 'en-int8', distancePpb: 25_000_000, sameShare: 0.7, qualityBps: 9_300 },
  { served: 'en-m3', distancePpb: 80_000_000, sameShare: 0.5, qualityBps: 8_500 },
  { served: 'en-w70', distancePpb: 300_000_000, sameShare: 0.4, qualityBps: 9_000 },
] as const;
/** Distances are spread over a decade around these. */
const spread = (ppb: number, noise: number): number => Math.round(ppb * (0.4 + 3.6 * noise * noise));

export function syntheticAudits(era: number, agents: readonly AgentRow[], text: string, noise: Noise): AuditRow[] {
  const miners = agents.filter(({ role, strategy }) => role === 'miner' && !strategy.startsWith('newcomer'));
  return miners.flatMap((miner, i): AuditRow[] => {
    if (era < 2 || noise(51, era, i) < 0.3) return [];
    const base = {
      era,
      task: era * 1_000 + i,
      node: i + 1,
      account: miner.account,
      miner: miner.name,
      strategy: miner.strategy,
      declared: `en${text}`,
      sample: i,
      level: 1 + (i % 2),
      ...BANDS,
      isSecondLook: 0,
      declaredQualityBps: 9_400,
    };
    if (miner.intent === 'honest') {
      const draw = noise(52, era, i);
      const conduct = draw > 0.04 ? 'honest' : draw > 0.02 ? 'absent' : 'unopened';
      const isOpened = conduct === 'honest';
      return [
        {
          ...base,
          served: conduct === 'unopened' ? '' : base.declared,
          conduct,
          isSameText: 1,
          distancePpb: isOpened ? (i % 3 === 0 ? 0 : spread(300, noise(53, era, i))) : -1,
          outcome: isOpened ? 'passed' : 'failed',
          servedQualityBps: conduct === 'unopened' ? -1 : 9_400,
        },
      ];
    }
    if (miner.strategy.startsWith('oscillator'))
      return [
        {
          ...base,
          served: base.declared,
          conduct: 'copied',
          isSameText: 1,
          distancePpb: spread(1_200_000_000, 0.2 * noise(54, era, i)),
          outcome: 'failed',
          servedQualityBps: 9_400,
        },
      ];
    const cheap = SUBSTITUTES[i % SUBSTITUTES.length]!;
    return [
      {
        ...base,
        served: `${cheap.served}${text}`,
        conduct: 'substitute',
        isSameText: noise(55, era, i) < cheap.sameShare ? 1 : 0,
        distancePpb: spread(cheap.distancePpb, noise(56, era, i)),
        outcome: 'failed',
        servedQualityBps: cheap.qualityBps,
      },
    ];
  });
}
