import type { FieldPath } from '../problems/field-path.ts'
import { nearestName } from '../problems/nearest-name.ts'
import { type CheckProblem, fieldsOf, itemsOf, repeated } from '../schema-checks.ts'
import { shortExtensions } from './extension-checks.ts'

/** The rules between the fields of a deployment's spec. */
export function* deploymentProblems(spec: unknown): Generator<CheckProblem> {
  const { model, strategy, analysis, policies, onPromoted } = fieldsOf(spec)
  yield* weightsFalling(fieldsOf(fieldsOf(strategy).canary).steps)
  yield* repeated(analysis, ['analysis'], (gate) => fieldsOf(gate).name, ['name'])
  yield* gatesAmiss(strategy, analysis)
  yield* shortExtensions(strategy, analysis)
  yield* repeated(policies, ['policies'])
  yield* aliasAmiss(model, onPromoted)
}

const aliasPath = ['onPromoted', 'setAlias']

function* aliasAmiss(model: unknown, onPromoted: unknown): Generator<CheckProblem> {
  const { setAlias } = fieldsOf(onPromoted)
  if (typeof setAlias !== 'string') return
  if (setAlias === 'latest-approved') {
    const fault = 'is computed from the approvals of the versions'
    yield { path: aliasPath, fault, remedy: 'Write another alias, such as champion.' }
  }
  if (setAlias !== aliasOf(model)) return
  const fault = 'is the alias that spec.model follows'
  yield { path: aliasPath, fault, remedy: 'Let spec.model follow another alias or version, or leave it out.' }
}

/** The alias of a reference, also in the default form of its text. */
function aliasOf(model: unknown): unknown {
  const { alias, text } = fieldsOf(model)
  return typeof text === 'string' ? text.split('@')[1] : alias
}

function* weightsFalling(steps: unknown): Generator<CheckProblem> {
  let highest = 0
  for (const [index, step] of itemsOf(steps).entries()) {
    const { weight } = fieldsOf(step)
    if (typeof weight !== 'number') continue
    if (weight < highest) {
      const fault = `is less than the ${highest} of an earlier step`
      const remedy = `Write ${highest} or more: a canary only moves forward.`
      yield { path: ['strategy', 'canary', 'steps', index, 'weight'], fault, remedy }
    }
    highest = Math.max(highest, weight)
  }
}

function* gatesAmiss(strategy: unknown, analysis: unknown): Generator<CheckProblem> {
  const declared = new Map<string, number>()
  for (const [index, gate] of itemsOf(analysis).entries()) {
    const { name } = fieldsOf(gate)
    if (typeof name === 'string' && !declared.has(name)) declared.set(name, index)
  }
  const used = new Set<string>()
  for (const { name, path } of gatesNamed(strategy)) {
    used.add(name)
    if (declared.has(name)) continue
    const near = nearestName(name, declared.keys())
    if (near !== undefined) used.add(near)
    const remedy =
      near !== undefined
        ? `Did you mean "${near}"?`
        : declared.size > 0
          ? `Write one of ${[...declared.keys()].map((gate) => `"${gate}"`).join(', ')}, or declare it there.`
          : 'Declare it there: { name, metric, pass }.'
    yield { path, fault: 'is not a gate of spec.analysis', remedy }
  }
  const { canary, blueGreen } = fieldsOf(strategy)
  const remedy =
    canary !== undefined
      ? 'Name it in a step { analyze, for }, or remove it.'
      : blueGreen !== undefined
        ? 'Name it in spec.strategy.blueGreen.analyze, or remove it.'
        : 'Rolling has no gates: choose canary or blueGreen, or remove it.'
  for (const [name, index] of declared) {
    if (!used.has(name)) yield { path: ['analysis', index, 'name'], fault: 'is not used by any step', remedy }
  }
}

function* gatesNamed(strategy: unknown): Generator<{ readonly name: string; readonly path: FieldPath }> {
  const { canary, blueGreen } = fieldsOf(strategy)
  const lists: { readonly list: unknown; readonly path: FieldPath }[] = [
    { list: fieldsOf(blueGreen).analyze, path: ['strategy', 'blueGreen', 'analyze'] },
    ...itemsOf(fieldsOf(canary).steps).map((step, index) => ({
      list: fieldsOf(step).analyze,
      path: ['strategy', 'canary', 'steps', index, 'analyze'],
    })),
  ]
  for (const { list, path } of lists) {
    for (const [index, name] of itemsOf(list).entries()) {
      if (typeof name === 'string') yield { name, path: [...path, index] }
    }
  }
}
