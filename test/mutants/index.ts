import { aiSdkMutants } from './ai-sdk-mutants.ts'
import { anthropicMutants } from './anthropic-mutants.ts'
import { effectMutants } from './effect-mutants.ts'
import { failureMutants } from './failure-mutants.ts'
import { gateMutants } from './gate-mutants.ts'
import type { Mutant } from './mutant.ts'
import { openaiMutants } from './openai-mutants.ts'
import { otherMutants } from './other-mutants.ts'
import { routingMutants } from './routing-mutants.ts'
import { scaleMutants } from './scale-mutants.ts'
import { signalMutants } from './signal-mutants.ts'
import { trafficMutants } from './traffic-mutants.ts'
import { upstreamMutants } from './upstream-mutants.ts'

/** All mutants, by file. */
export const mutantFiles: Readonly<Record<string, readonly Mutant[]>> = {
  'test/mutants/ai-sdk-mutants.ts': aiSdkMutants,
  'test/mutants/anthropic-mutants.ts': anthropicMutants,
  'test/mutants/effect-mutants.ts': effectMutants,
  'test/mutants/failure-mutants.ts': failureMutants,
  'test/mutants/gate-mutants.ts': gateMutants,
  'test/mutants/openai-mutants.ts': openaiMutants,
  'test/mutants/other-mutants.ts': otherMutants,
  'test/mutants/routing-mutants.ts': routingMutants,
  'test/mutants/scale-mutants.ts': scaleMutants,
  'test/mutants/signal-mutants.ts': signalMutants,
  'test/mutants/traffic-mutants.ts': trafficMutants,
  'test/mutants/upstream-mutants.ts': upstreamMutants,
}
