import type { Measured } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { TestOptions } from './choose-test.ts'
import type { Aim } from './evidence/comparison.ts'
import type { Sample } from './evidence/sample.ts'

/** A rise that is worth seeing in a proportion, where the gate does not say it: two points. */
const seenShare = 0.02
/** The same for other numbers: a tenth of what they are. */
const seenPart = 0.1

/** Which way a gate's metric is better. */
export function betterOf({ pass }: AnalysisGate): 'higher' | 'lower' {
  if ('noWorseThan' in pass) return pass.better
  return 'atLeast' in pass ? 'higher' : 'lower'
}

/** What a gate's test is to be strong for, turned so that less is better. */
export function gateAim(gate: AnalysisGate, candidate: Sample, basis: Measured | undefined): Aim {
  const { pass, detect } = gate
  const share = candidate.kind === 'proportion'
  const turn = (value: number): number => (betterOf(gate) === 'lower' ? value : share ? 1 - value : -value)
  const before = basis === undefined ? {} : { basis: turn(basis.value) }
  if ('noWorseThan' in pass) {
    const { by } = pass
    return { margin: by, detect: detect ?? seenBeside(by, share, basis), ...before }
  }
  const bound = turn('atLeast' in pass ? pass.atLeast : pass.atMost)
  return { margin: bound, detect: bound + (detect ?? seenAbove(bound, share)), ...before }
}

/** What a gate's samples are tested with, turned so that less is better. `share` is the candidate's part of the requests. */
export function testOptionsOf(
  gate: AnalysisGate,
  candidate: Sample,
  basis: Measured | undefined,
  share: number | undefined,
): TestOptions {
  const { range } = gate
  return {
    aim: gateAim(gate, candidate, basis),
    ...(share !== undefined && { share }),
    ...(range !== undefined && {
      range: betterOf(gate) === 'lower' ? range : { min: -range.max, max: -range.min },
    }),
  }
}

function seenBeside(by: number, share: boolean, basis: Measured | undefined): number {
  if (by > 0) return 2 * by
  return share ? seenShare : seenPart * Math.abs(basis?.value || 1)
}

/** Twice the proportion of bad samples that is allowed, or a tenth more. */
function seenAbove(bound: number, share: boolean): number {
  if (!share) return seenPart * Math.abs(bound || 1)
  return Math.max(0.001, Math.min(bound > 0 ? bound : seenShare, (1 - bound) / 2))
}
