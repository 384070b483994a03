import { ModelspineError } from 'modelspine/adapter'
import type { NameTemplate } from './name-template.ts'

/** Makes `invalid-options` about a part of one declared metric. */
export type Wrong = (part: string, why: string) => ModelspineError

export function wrongIn(owner: string): Wrong {
  return (part, why) => new ModelspineError('invalid-options', `${owner}.${part} ${why}`)
}

export function checkDelay(delayMs: number, wrong: Wrong): number {
  if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs
  throw wrong('delayMs', `is ${delayMs}: give milliseconds, 0 or more`)
}

export function checkScale(scale: number, wrong: Wrong): number {
  if (Number.isFinite(scale) && scale > 0) return scale
  throw wrong('scale', `is ${scale}: give a number above 0`)
}

/** A query that leaves one of these out would judge a revision by what others did. */
export function keepsApart(part: string, templates: readonly NameTemplate[], wrong: Wrong): void {
  const uses = (name: 'deployment' | 'name' | 'revision'): boolean =>
    templates.some((each) => each.uses.has(name))
  if (!uses('revision')) throw wrong(part, 'has no {revision}, so it would answer the same for each')
  if (!uses('deployment') && !uses('name')) {
    throw wrong(part, 'has neither {deployment} nor {name}, so it would answer for other deployments too')
  }
}
